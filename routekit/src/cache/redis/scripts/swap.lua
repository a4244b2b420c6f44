-- Replaces a record that is still ARGV[2] by ARGV[3] for ARGV[4] milliseconds, or removes it if ARGV[4] is '0'.
-- KEYS: the records, and the ends of their times. ARGV[1]: the key. Returns 1 if the record was ARGV[2], 2 if it is
-- ARGV[3] already, or is to be removed and there is none, and 0 otherwise.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
local held = ends and tonumber(ends) > now and redis.call('HGET', KEYS[1], ARGV[1])
if held ~= ARGV[2] then
    local is_removed = ARGV[4] == '0' and not held
    local is_next = ARGV[4] ~= '0' and held == ARGV[3]
    return (is_removed or is_next) and 2 or 0
end
if ARGV[4] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[1])
    redis.call('ZREM', KEYS[2], ARGV[1])
    return 1
end
local done = redis.pcall('HSET', KEYS[1], ARGV[1], ARGV[3])
if type(done) == 'table' and done.err then
    return done
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[4]), ARGV[1])
return 1
