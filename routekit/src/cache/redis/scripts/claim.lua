-- Claims a key. KEYS: the records, and the ends of their times. ARGV: the key, the record, milliseconds.
-- Records have no expiry of their own: `volatile-*` policies would evict those with one. Returns false if won, the
-- record that is there, or an error.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 8)) do
    redis.call('HDEL', KEYS[1], key)
    redis.call('ZREM', KEYS[2], key)
end
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
    local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
    if ends and tonumber(ends) > now then
        return held
    end
end
local done = redis.pcall('HSET', KEYS[1], ARGV[1], ARGV[2])
if type(done) == 'table' and done.err then
    return done
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[3]), ARGV[1])
return false
