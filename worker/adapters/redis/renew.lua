-- needs: record allowance
local KINDE_RESERVED = 8
local value = call('GET', KEYS[1])
local r = value and record_read(value)
if not r or r.state ~= 'L' or r.token ~= ARGV[1] then return {'lost'} end
if KEYS[3] ~= KEYS[1] and not call('GET', KEYS[3]) then return {'not_trusted'} end

local allowance
if ARGV[5] and bit.band(r.flags, KINDE_RESERVED) == 0 then
  allowance = allowance_read(call('GET', KEYS[2]), ARGV[5])
  if allowance.count >= allowance.max then return {'allowance_used_up', seconds(allowance.ends - now)} end
end

r.lease, r.flags = now + tonumber(ARGV[2]), bit.bor(r.flags, tonumber(ARGV[3]))
if allowance then
  allowance_charge(KEYS[2], allowance)
  r.flags = bit.bor(r.flags, KINDE_RESERVED)
end
record_write(KEYS[1], r, after(ARGV[4]))
return {'renewed', now}
