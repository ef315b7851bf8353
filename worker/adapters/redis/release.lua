-- needs: record
local value = call('GET', KEYS[1])
local r = value and record_read(value)
if not r or r.state == 'S' or r.token ~= ARGV[1] then return {'lost'} end
if r.state == 'L' then
  r.state, r.lease = 'R', 0
  record_write(KEYS[1], r, after(ARGV[2]))
end
return {'released'}
