-- Ends or extends a turn that is still ours. KEYS[1]: the turn. ARGV: its token, then '' to end it, the milliseconds to
-- extend it by, or 'unshared' and the milliseconds for which no process waits for another.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
if ARGV[2] == '' then
    return redis.call('UNLINK', KEYS[1])
end
if ARGV[2] == 'unshared' then
    redis.call('SET', KEYS[1], '', 'PX', ARGV[3])
    return 1
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
