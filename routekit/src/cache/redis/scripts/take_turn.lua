-- Takes the turn to fill a key. KEYS[1]: the turn. ARGV: a token, milliseconds.
-- Returns 1 if it is ours, 0 if another process has it, and 2 if its last outcome could not be shared.
local held = redis.call('GET', KEYS[1])
if held then
    if held == ARGV[1] then
        return 1 -- the first reply was lost
    end
    return held == '' and 2 or 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
