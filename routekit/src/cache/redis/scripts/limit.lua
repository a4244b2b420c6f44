-- Takes one request from each of several quotas, by the generic cell rate algorithm (GCRA).
-- KEYS: the quotas. Each holds the time at which it is full again; without a key, it is full.
-- ARGV, five for each quota: '1' if its limit only observes; the time after which one more request is available; how
-- far away the full quota may be for a request to pass.
-- Returns three numbers for each quota: 1 if the request is within it, and the time until it is full.
--
-- Times are microseconds and the nanoseconds beyond them (0 to 999), since 2023-11-14T22:13:20Z: a double holds both
-- numbers exactly, and a rate need not be a whole number of microseconds.
local time = redis.call('TIME')
local now = (time[1] - 1700000000) * 1000000 + time[2]

local function is_longer(us, ns, than_us, than_ns)
    return us > than_us or (us == than_us and ns > than_ns)
end

local function sum(us, ns, more_us, more_ns)
    us, ns = us + more_us, ns + more_ns
    if ns > 999 then
        return us + 1, ns - 1000
    end
    return us, ns
end

-- How long it takes until a quota is full.
local function read(key)
    local stored = redis.pcall('GET', key)
    -- A value that is not a time is replaced, whatever its type.
    local us, ns = string.match(type(stored) == 'string' and stored or '', '^(%-?%d+)%.(%d%d%d)$')
    us, ns = tonumber(us or ''), tonumber(ns or '')
    if not us or us < now then
        return 0, 0
    end
    return us - now, ns
end

local function write(key, us, ns)
    -- Rounded up, and a millisecond more: the server rounds the time at which a key expires down.
    local millis = math.ceil((us + 1) / 1000) + 1
    redis.call('SET', key, string.format('%.0f.%03.0f', now + us, ns), 'PX', string.format('%.0f', millis))
end

local quotas, refused = {}, nil
for i, key in ipairs(KEYS) do
    local at = (i - 1) * 5
    local quota = { observes = ARGV[at + 1] == '1', period_us = tonumber(ARGV[at + 2]), period_ns = tonumber(ARGV[at + 3]) }
    local tolerance_us, tolerance_ns = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
    quota.us, quota.ns = read(key)
    -- No more can be used than there is, unless the time of the server was set back: then the client has used all.
    local all_us, all_ns = sum(tolerance_us, tolerance_ns, quota.period_us, quota.period_ns)
    if is_longer(quota.us, quota.ns, all_us, all_ns) then
        quota.us, quota.ns = all_us, all_ns
        write(key, all_us, all_ns)
    end
    quota.passes = not is_longer(quota.us, quota.ns, tolerance_us, tolerance_ns)
    if not quota.passes and not quota.observes and not refused then
        refused = i
    end
    quotas[i] = quota
end

local reply = {}
for i, quota in ipairs(quotas) do
    -- A request that is refused counts in no limit that enforces, and in none behind the one that refuses it.
    if quota.passes and (not refused or (quota.observes and i < refused)) then
        quota.us, quota.ns = sum(quota.us, quota.ns, quota.period_us, quota.period_ns)
        write(KEYS[i], quota.us, quota.ns)
    end
    reply[#reply + 1] = quota.passes and 1 or 0
    reply[#reply + 1] = quota.us
    reply[#reply + 1] = quota.ns
end
return reply
