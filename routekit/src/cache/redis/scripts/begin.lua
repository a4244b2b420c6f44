-- Begins an epoch if the state cannot be trusted, or if ARGV[6] is '1' and the epoch is the one that the client knows.
-- ARGV: 4 the next epoch, 5 the channel. Returns {1, epoch, clock, time}.
local state = read_state()
if state and not (ARGV[6] == '1' and state.epoch == ARGV[2]) then
    return {1, state.epoch, state.clock, now}
end
local begun = begin_epoch(ARGV[4], ARGV[5])
if is_error(begun) then
    return begun
end
return {1, ARGV[4], now, now}
