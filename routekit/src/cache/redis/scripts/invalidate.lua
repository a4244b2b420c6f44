-- Invalidates. ARGV: 4 the next epoch, 5 the horizon in µs, 6 the channel, 7 the longest list of bans, 8 '1' to
-- invalidate everything, 9 the targets as subscribers receive them, 10 the number of tags, then the tags, then the
-- bans.
-- Returns {1, epoch, number, time}, or {2} if the server was out of memory and everything is invalid.
local state = read_state()
if not state then
    local begun = begin_epoch(ARGV[4], ARGV[6])
    if is_error(begun) then
        return string.find(begun.err, 'OOM', 1, true) and {2} or begun
    end
    return {1, ARGV[4], now, now}
end

local number = math.max(state.clock + 1, now)
local fields = {'clock', digits(number)}
local function set(field, value)
    fields[#fields + 1] = field
    fields[#fields + 1] = value
end

if number - state.begun >= tonumber(ARGV[5]) then
    -- Numbers from before the period that becomes the old one are forgotten: entries that may depend on them miss.
    state.floor = math.max(state.floor, state.begun)
    local bans = redis.call('HGET', KEYS[1], 'bans') or ''
    -- `RENAME` would free the old hash at once, however large it is.
    redis.call('UNLINK', KEYS[2])
    redis.call('RENAME', KEYS[1], KEYS[2])
    set('epoch', state.epoch)
    set('run', ARGV[1])
    set('before', digits(state.begun))
    set('begun', digits(number))
    set('ban', digits(state.ban))
    set('bans', bans)
end

local tags = tonumber(ARGV[10])
for tag = 11, 10 + tags do
    set(ARGV[tag], digits(number))
end

if #ARGV > 10 + tags then
    -- A list of number (16 digits), length (8 digits) and pattern, by number.
    local list = redis.call('HGET', KEYS[1], 'bans') or redis.call('HGET', KEYS[2], 'bans') or ''
    local items, known, at = {}, {}, 1
    for ban = 11 + tags, #ARGV do
        known[ARGV[ban]] = true
    end
    while at < #list do
        local length = tonumber(list:sub(at + 16, at + 23))
        local pattern = list:sub(at + 24, at + 23 + length)
        if not known[pattern] then
            items[#items + 1] = list:sub(at, at + 23 + length)
        end
        at = at + 24 + length
    end
    for pattern in pairs(known) do
        items[#items + 1] = digits(number) .. string.format('%08.0f', #pattern) .. pattern
    end
    local first = math.max(1, #items - tonumber(ARGV[7]) + 1)
    if first > 1 then
        -- Entries that are older than a ban which leaves the list miss.
        state.floor = math.max(state.floor, tonumber(items[first - 1]:sub(1, 16)))
    end
    set('bans', table.concat(items, '', first))
    set('ban', digits(number))
end

if ARGV[8] == '1' then
    state.floor = number
end
set('floor', digits(state.floor))

for first = 1, #fields, 1000 do
    local done = redis.pcall('HSET', KEYS[1], unpack(fields, first, math.min(first + 999, #fields)))
    if is_error(done) then
        if string.find(done.err, 'OOM', 1, true) then
            -- An invalidation must not be lost: without the clock, everything misses.
            redis.call('UNLINK', KEYS[1], KEYS[2])
            return {2}
        end
        return done
    end
end
-- Only what is recorded. Subscribers compare the number before with the last they received, so that one that is not
-- published shows, too.
redis.call('PUBLISH', ARGV[6], state.epoch .. digits(number) .. digits(state.clock) .. ARGV[9])
return {1, state.epoch, number, now}
