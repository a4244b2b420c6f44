-- Records commands to circuit breakers, and returns all that are recorded.
-- KEYS: the hash. For each breaker, it has the number of the last command (16 digits) and the mode.
-- ARGV, three for each command: the breaker; its number, or '' for a new command; the mode.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

for first = 1, #ARGV, 3 do
    local stored = redis.pcall('HGET', KEYS[1], ARGV[first])
    if type(stored) == 'table' then
        -- A value of another type.
        redis.call('UNLINK', KEYS[1])
        stored = false
    end
    local last = tonumber(string.sub(stored or '', 1, 16)) or 0
    local number = tonumber(ARGV[first + 1]) or math.max(now, last + 1)
    if number > last then
        redis.call('HSET', KEYS[1], ARGV[first], string.format('%016.0f', number) .. ARGV[first + 2])
    end
end
return redis.call('HGETALL', KEYS[1])
