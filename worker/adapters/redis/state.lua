-- needs: challenge
local value = call('GET', KEYS[1])
local c = value and challenge_read(value)
if not c or c.owner ~= ARGV[1] then return {'not_found'} end

local state = 'pending'
if c.state == 'A' then
  state = 'approved'
elseif c.state == 'C' then
  state = 'cancelled'
elseif c.guesses >= GUESSES then
  state = 'locked_out'
elseif c.expires <= now then
  state = 'expired'
end
local record = KEYS[2] ~= KEYS[1] and ARGV[2] == c.last and call('GET', KEYS[2]) or ''
return {state, c.guesses, c.expires, c.next, c.reason, c.limit, c.last, record}
