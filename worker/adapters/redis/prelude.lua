-- Put before every script at build time. Layouts, arguments and replies: docs/redis.md. Scripts read, decide, and only then write.
local call, pack, unstruct, sub = redis.call, struct.pack, struct.unpack, string.sub

local now -- ms, by Redis' clock: the only "now" there is
do
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local DAY = 86400000
local FAILURES_KEPT = 90 * DAY
local GUESSES = 5

local EXPIRED, FAILED, REJECTED = 3, 4, 2

local function known_version(version, what, known)
  if version ~= (known or 1) then error({err = 'LAYOUT of ' .. what .. ' is of another version'}) end
end

-- When a life from now on ends, as text: PXAT and PEXPIREAT cost Redis less than PX and PEXPIRE, which it rewrites to them.
local function after(life) return string.format('%d', now + life) end

local function seconds(ms) return math.max(math.ceil(ms / 1000), 1) end

-- Event record.
local RECORD = '<Bc1c16c16I8I8I8BBBBBBI4BB'

local function record_read(value)
  local r, version, size, at = {}, nil, nil, nil
  version, r.state, r.token, r.hmac, r.lease, r.first, r.expires, r.runouts, r.flags, r.status, r.reason, r.limit,
    r.sender, r.retry, r.segments, size, at = unstruct(RECORD, value)
  known_version(version, 'an event record')
  r.tail = sub(value, at)
  return r
end

local function record_pack(r)
  return pack(RECORD, 1, r.state, r.token, r.hmac, r.lease, r.first, r.expires, r.runouts, r.flags, r.status, r.reason,
    r.limit, r.sender, r.retry, r.segments, #r.tail) .. r.tail
end

local function record_write(key, r, kept_until)
  local value = record_pack(r)
  call('SET', key, value, 'PXAT', kept_until)
  return value
end

-- Challenge. Version 1 had no owner and did not know its last request: it is read as one without either, and written as version 2.
local CHALLENGE, LAST_REQUEST = '<Bc1c1BBc16c32I8c16I8', '<c16c16I8BB'
local NO_ONE = string.rep('\0', 16)

local function challenge_read(value)
  local c, version, at = {}, nil, nil
  version, c.state, c.class, c.flags, c.guesses, c.binding, c.nonce, c.expires, c.first, c.sent, at =
    unstruct(CHALLENGE, value)
  if version == 1 then
    c.owner, c.last, c.next, c.reason, c.limit = NO_ONE, c.first, 0, 0, 0
  else
    known_version(version, 'a challenge', 2)
    c.owner, c.last, c.next, c.reason, c.limit, at = unstruct(LAST_REQUEST, value, at)
  end
  local held = string.byte(value, at)
  at = at + 1
  c.tokens = sub(value, at, at + held * 16 - 1)
  at = at + held * 16
  c.consumed = ''
  if c.state == 'A' then
    c.consumed = sub(value, at, at + 15)
    at = at + 16
  end
  c.key = sub(value, at)
  return c
end

local function challenge_write(key, c, kept_until)
  call('SET', key, pack(CHALLENGE, 2, c.state, c.class, c.flags, c.guesses, c.binding, c.nonce, c.expires, c.first,
    c.sent) .. pack(LAST_REQUEST, c.owner, c.last, c.next, c.reason, c.limit) .. string.char(#c.tokens / 16) ..
    c.tokens .. c.consumed .. c.key, 'PXAT', kept_until)
end

-- Failures of a phone and its live challenges: { s =, k =, last =, {class, guesses, ends, id}… }
local function phone_read(value)
  local p = {s = 0, k = 0, last = 0}
  if not value then return p end
  local version, s, k, last = unstruct('<BBBI8', value)
  known_version(version, "a phone's failures")
  if last + FAILURES_KEPT > now then p.s, p.k, p.last = s, k, last end
  for at = 12, #value, 18 do
    local class, guesses, ends, id = unstruct('<c1BI8c8', value, at)
    if ends > now then p[#p + 1] = {class, guesses, ends, id} end
  end
  return p
end

local function phone_entry(p, id)
  for i = 1, #p do
    if p[i][4] == id then return p[i], i end
  end
end

local function phone_write(key, p)
  if #p == 0 and p.s == 0 and p.k == 0 then
    call('DEL', key)
    return
  end
  local value = pack('<BBBI8', 1, p.s, p.k, p.last)
  for i = 1, #p do value = value .. pack('<c1BI8c8', p[i][1], p[i][2], p[i][3], p[i][4]) end
  call('SET', key, value, 'PXAT', after(FAILURES_KEPT))
end
