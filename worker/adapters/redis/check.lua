-- needs: challenge phone
local TEST_NUMBER = 1 -- flag
local token, id = ARGV[2], ARGV[3]
local value = call('GET', KEYS[1])
local c = value and challenge_read(value)
if not c or c.binding ~= ARGV[1] then return {'not_found'} end

local mine -- the number of this token's guess
for at = 1, #c.tokens, 16 do
  if sub(c.tokens, at, at + 15) == token then mine = (at + 15) / 16 end
end
if c.state == 'A' and mine and c.consumed == token then return {'approved', mine, c.first, c.flags} end
if c.state ~= 'P' then return {'not_found'} end
if c.expires <= now then return {'expired'} end
if not mine and c.guesses >= GUESSES then return {'locked_out'} end

-- What cannot be compared is not counted.
local comparable = bit.band(c.flags, TEST_NUMBER) ~= 0
for i = 5, #ARGV do comparable = comparable or ARGV[i] == c.key end
if not comparable then return {'key_not_held', c.key} end

local function counted(n) return {'counted', c.nonce, c.key, n, c.first, c.flags, now} end

if mine then return counted(mine) end

local p = phone_read(call('GET', KEYS[2]))
c.guesses, c.tokens = c.guesses + 1, c.tokens .. token
p[c.class], p.last = math.min(p[c.class] + 1, 255), now
local entry = phone_entry(p, id)
if entry then
  entry[2] = c.guesses
else
  p[#p + 1] = {c.class, c.guesses, c.expires, id}
end
challenge_write(KEYS[1], c, after(ARGV[4]))
phone_write(KEYS[2], p)
return counted(c.guesses)
