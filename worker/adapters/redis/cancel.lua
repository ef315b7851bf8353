-- needs: challenge
local value = call('GET', KEYS[1])
local c = value and challenge_read(value)
if not c or c.owner ~= ARGV[1] then return {'not_found'} end
if c.state == 'P' then
  c.state, c.nonce = 'C', string.rep('\0', 32)
  challenge_write(KEYS[1], c, after(ARGV[2]))
end
return {'cancelled'}
