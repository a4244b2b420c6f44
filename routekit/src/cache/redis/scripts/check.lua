-- Checks an entry. KEYS[3] is its key; ARGV[4] its head, or '' to read it from the key.
-- Returns {0} if the state cannot be trusted, else {1, epoch, clock, time}, and with an entry whether it is valid, its
-- nonce, the milliseconds that are left to it, and the bans after its stamp.
local state = read_state()
if not state then
    return {0}
end
local reply = {1, state.epoch, state.clock, now}

-- version (1), nonce (8), epoch (16), stamp (16 digits), number of tags (4 digits), then 8 bytes for each tag
local HEAD = 45
local head = ARGV[4]
if head == '' then
    head = redis.pcall('GETRANGE', KEYS[3], 0, HEAD + 8 * 32 - 1)
    if type(head) ~= 'string' then
        return reply
    end
end
local stamp, count = tonumber(head:sub(26, 41)), tonumber(head:sub(42, 45))
if head:byte(1) ~= 1 or not stamp or not count then
    return reply
end
if #head < HEAD + 8 * count then
    head = redis.call('GETRANGE', KEYS[3], 0, HEAD + 8 * count - 1)
    if #head < HEAD + 8 * count then
        return reply
    end
end

local function has_later(key, tags)
    for first = 1, #tags, 1000 do
        local numbers = redis.pcall('HMGET', key, unpack(tags, first, math.min(first + 999, #tags)))
        if numbers.err then
            return true
        end
        for _, number in ipairs(numbers) do
            if number and not (tonumber(number) <= stamp) then
                return true
            end
        end
    end
    return false
end

local function is_valid()
    if head:sub(10, 25) ~= state.epoch or stamp < state.floor then
        return false
    end
    local tags = {}
    for tag = 1, count do
        tags[tag] = head:sub(HEAD + 8 * tag - 7, HEAD + 8 * tag)
    end
    if stamp < state.begun then
        -- An evicted hash must not count as one without numbers.
        local before = redis.pcall('HMGET', KEYS[2], 'epoch', 'begun')
        if before.err or before[1] ~= state.epoch or before[2] ~= state.before or has_later(KEYS[2], tags) then
            return false
        end
    end
    return not has_later(KEYS[1], tags)
end

reply[5] = is_valid() and 1 or 0
reply[6] = head:sub(2, 9)
reply[7] = ARGV[4] == '' and redis.call('PTTL', KEYS[3]) or 0
reply[8] = state.ban > stamp and redis.call('HGET', KEYS[1], 'bans') or ''
return reply
