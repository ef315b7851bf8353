-- needs: challenge phone buckets
local nonce, token, id = ARGV[2], ARGV[3], ARGV[4]
local value = call('GET', KEYS[1])
local c = value and challenge_read(value)
if not c or c.binding ~= ARGV[1] then return {'not_found'} end
if c.state == 'A' and c.consumed == token then
  challenge_write(KEYS[1], c, after(ARGV[5])) -- on a connection that wrote nothing, a WAIT behind this would wait for nothing
  return {'approved'}
end
if c.state ~= 'P' or c.nonce ~= nonce then return {'not_found'} end

local p = phone_read(call('GET', KEYS[2]))
local approved = KEYS[3] ~= KEYS[1] and ring_read(call('GET', KEYS[3]), tonumber(ARGV[6]))

c.state, c.nonce, c.consumed = 'A', string.rep('\0', 32), token
local _, at = phone_entry(p, id)
if at then table.remove(p, at) end
p[c.class] = 0
if c.class == 's' then p.k = 0 end
challenge_write(KEYS[1], c, after(ARGV[5]))
phone_write(KEYS[2], p)
if approved then ring_charge(KEYS[3], approved) end
return {'approved'}
