-- What all scripts share. KEYS[1] is the clock, KEYS[2] the clock of the period before.
-- ARGV[1] is the run id of the server that the client is connected to, ARGV[2] the epoch that the client knows (or
-- ''), ARGV[3] the latest reading of its clock that the client has seen.

-- Numbers have at most 16 digits, which a double holds exactly. `tostring` would round them.
local function digits(number)
    return string.format('%016.0f', number)
end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

-- The state, or nil if it cannot be trusted: it is missing or damaged, or another server wrote it, or it is older than
-- what the client has seen, or the server's time was set back by more than a second.
local function read_state()
    local fields = redis.pcall('HMGET', KEYS[1], 'epoch', 'run', 'clock', 'floor', 'begun', 'before', 'ban')
    if fields.err or fields[2] ~= ARGV[1] then
        return nil
    end
    local state = {
        epoch = fields[1],
        clock = tonumber(fields[3] or ''),
        floor = tonumber(fields[4] or ''),
        begun = tonumber(fields[5] or ''),
        before = fields[6],
        ban = tonumber(fields[7] or ''),
    }
    if not (state.epoch and state.clock and state.floor and state.begun and state.before and state.ban) then
        return nil
    end
    if now + 1000000 < state.clock or (state.epoch == ARGV[2] and state.clock < tonumber(ARGV[3])) then
        return nil
    end
    return state
end

-- Begins an epoch, in which everything that was stored before is a miss. Returns an error of the server, if any.
local function begin_epoch(epoch, channel)
    redis.call('UNLINK', KEYS[1], KEYS[2])
    local number = digits(now)
    local begun = redis.pcall('HSET', KEYS[1], 'epoch', epoch, 'run', ARGV[1], 'clock', number, 'floor', number,
        'begun', number, 'before', '', 'ban', digits(0), 'bans', '')
    if type(begun) ~= 'table' or not begun.err then
        redis.call('PUBLISH', channel, epoch .. number .. digits(0))
    end
    return begun
end

local function is_error(reply)
    return type(reply) == 'table' and reply.err
end
