-- needs: phone
local value = call('GET', KEYS[1])
if value then
  local p = phone_read(value)
  p.s, p.k = 0, 0
  phone_write(KEYS[1], p)
end
return {'unlocked'}
