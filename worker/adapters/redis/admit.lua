-- needs: buckets allowance
local TOO_OLD, POISON, UNCONFIRMED = 64, 96, 36
local ALLOWANCE_USED_UP, RATE_LIMITED, LOCKED_OUT, SUSPECTED_FRAUD = 10, 11, 12, 13
local MISMATCH, USED, CANCELLED = 14, 15, 16
local PHONE, USER = 1, 50                  -- limit kinds; a user's as it is written
local KINDE_RESERVED, TAKEN_OVER = 8, 64   -- flags
local MAYBE_TAKEN = 4
local RUNOUTS_MAX = 3
local CODE_KEPT_MS = 60000                 -- a resend keeps the code if it has this much life left
local LIVE_CHALLENGES_MAX = 10
local STRANGERS_MAX, ALL_MAX = 80, 100     -- guesses: counted, and still to come
local SHARE_WINDOW_MS = 600000             -- approved and sent texts of a prefix are compared over this

local token, hmac = ARGV[1], ARGV[2]
local birth, life, keep = math.min(tonumber(ARGV[3]), now), tonumber(ARGV[4]), after(ARGV[5])
local lease = tonumber(ARGV[7])
local values = call('MGET', unpack(KEYS)) -- a list comes as false

local function settled(r, status, reason, limit, retry)
  r.state, r.status, r.reason, r.limit, r.retry = 'S', status, reason, limit or 0, retry or 0
  return {'settled', record_write(KEYS[1], r, keep)}
end

local function granted(r, c)
  r.state, r.token, r.lease = 'L', token, now + lease
  local fresh = bit.band(r.flags, TAKEN_OVER) == 0 and 1 or 0
  return {'granted', record_write(KEYS[1], r, keep), c.nonce, c.key, now, fresh}
end

local function too_old() return now >= birth + life - life / 10 end

local function verdict()
  local status, reason = string.match(ARGV[6], '^(%d+),(%d+)$')
  return tonumber(status), tonumber(reason)
end

-- Seen before.
local function again(r, c)
  if r.hmac ~= hmac then return {'id_reused'} end
  if r.state == 'S' then
    if r.reason == POISON then return {'poison'} end
    return {'settled', values[1]}
  end
  local given_back = r.state == 'R'
  local mine = not given_back and r.token == token
  if not given_back and not mine then
    if now < r.lease then return {'leased', r.lease - now} end
    r.runouts = r.runouts + 1
    if r.runouts > RUNOUTS_MAX then
      settled(r, FAILED, POISON)
      return {'poison'}
    end
  end
  -- Surely nothing was sent: no holder before this one crashed, and this one gave it back or never heard that it is the holder.
  local untouched = bit.band(r.flags, MAYBE_TAKEN + TAKEN_OVER) == 0 and (given_back or mine)
  if given_back and untouched then
    if too_old() then return settled(r, EXPIRED, TOO_OLD) end
    if ARGV[6] ~= '' then return settled(r, verdict()) end
  end
  if not c or c.state ~= 'P' or c.expires <= now or r.expires <= now then
    if not untouched then return settled(r, FAILED, UNCONFIRMED) end
    if c and c.state == 'A' then return settled(r, REJECTED, USED) end
    if c and c.state == 'C' then return settled(r, REJECTED, CANCELLED) end
    return settled(r, EXPIRED, TOO_OLD)
  end
  if not mine and not given_back then r.flags = bit.bor(r.flags, TAKEN_OVER) end
  return granted(r, c)
end

local c = values[2] and challenge_read(values[2])
if values[1] then return again(record_read(values[1]), c) end

local flags = tonumber(ARGV[14])
local r = {token = token, hmac = hmac, lease = 0, first = 0, expires = birth + life, runouts = 0, flags = flags,
  sender = 0, status = 0, reason = 0, limit = 0, retry = 0, segments = 0, tail = ''}

-- The challenge keeps why its last request was not sent, for `state`. An event of another binding leaves no trace there.
local function refused(status, reason, limit, retry)
  if c and c.state == 'P' and c.binding == ARGV[9] then
    c.reason, c.limit = reason, limit or 0
    if retry then c.next = now + retry * 1000 end
    challenge_write(KEYS[2], c, keep)
  end
  return settled(r, status, reason, limit, retry)
end

if too_old() then return refused(EXPIRED, TOO_OLD) end
if ARGV[6] ~= '' then return refused(verdict()) end

if c then
  if c.binding ~= ARGV[9] then return settled(r, REJECTED, MISMATCH) end
  if c.state == 'A' then return settled(r, REJECTED, USED) end
  if c.state == 'C' then return settled(r, REJECTED, CANCELLED) end
  if c.guesses >= GUESSES then return refused(REJECTED, LOCKED_OUT) end
end
if values[5] then
  local version, blocked_until = unstruct('<BI8', values[5])
  known_version(version, 'fraud answers')
  if blocked_until > now then return refused(REJECTED, SUSPECTED_FRAUD) end
end

-- Limits: kind and what it counts by in one argument, index into KEYS, max, window.
-- What is to be charged, by index into KEYS: the newest time of a list or false, and buckets.
local lists, wide, rings = {}, {}, {}
local breached, wait = nil, 0
local pause = 0 -- how long a phone's and a user's limits of one text refuse the next

local function ring_at(k, window)
  rings[k] = rings[k] or ring_read(values[k], window)
  return rings[k]
end

-- The soft limit of a prefix: over it, few approvals stop; over ten times as many, always. KEYS behind it: approved, and sent over the same time.
local function prefix_wait(k, max, window)
  local ring, sent = ring_at(k, window), nil
  if KEYS[k + 2] == KEYS[k] then sent = ring else sent = ring_at(k + 2, SHARE_WINDOW_MS) end
  if ring.sum < max then return nil end
  if ring.sum >= 10 * max then return ring_wait(ring, 10 * max) end
  local approved = ring_read(values[k + 1], SHARE_WINDOW_MS).sum
  if approved * 5 < sent.sum then return ring_wait(ring, max) end
end

for i = 21, #ARGV, 4 do
  local kind, k, max, window = string.byte(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local left
  if kind == 108 or kind == 110 then -- l, n
    local newest = lists[k]
    if newest == nil then
      newest = call('LINDEX', KEYS[k], '0')
      lists[k], wide[k] = newest, kind == 110
    end
    if newest and newest + window > now then
      local at = max == 1 and newest or call('LINDEX', KEYS[k], max - 1)
      if at then left = at + window - now end
    end
    if max == 1 and window > pause and string.byte(ARGV[i], 2) <= USER then pause = window end
  elseif kind == 98 then -- b
    local ring = ring_at(k, window)
    if ring.sum >= max then left = ring_wait(ring, max) end
  else -- p
    left = prefix_wait(k, max, window)
  end
  if left and left > 0 then
    breached = breached or string.byte(ARGV[i], 2) - 48
    if left > wait then wait = left end
  end
end
if breached then return refused(REJECTED, RATE_LIMITED, breached, seconds(wait)) end

-- The phone's lock-out, where a new code is made.
local new_code = not c or c.expires - now < CODE_KEPT_MS
local class = c and c.class or ARGV[8]
local id = ARGV[13]
local p = phone_read(values[3])
if new_code then
  local left, live, earliest = {s = 0, k = 0}, 0, nil
  for i = 1, #p do
    local e = p[i]
    if e[4] ~= id then
      left[e[1]] = left[e[1]] + GUESSES - e[2]
      if e[1] == class then
        live = live + 1
        if not earliest or e[3] < earliest then earliest = e[3] end
      end
    end
  end
  if live >= LIVE_CHALLENGES_MAX then return refused(REJECTED, RATE_LIMITED, PHONE, seconds(earliest - now)) end
  local its = GUESSES - (c and c.guesses or 0)
  if (class == 's' and p.s + left.s + its > STRANGERS_MAX) or p.s + p.k + left.s + left.k + its > ALL_MAX then
    return refused(REJECTED, LOCKED_OUT)
  end
end

local allowance
if ARGV[15] ~= '-1' then
  allowance = allowance_read(values[4], 15)
  if allowance.count >= allowance.max then
    return refused(REJECTED, ALLOWANCE_USED_UP, 0, seconds(allowance.ends - now))
  end
end

-- Admitted: from here on there are only writes.
local now_text, day_on = after(0), after(DAY)
for k, newest in pairs(lists) do
  local at = newest and tonumber(newest) > now and newest or now_text
  local most = wide[k] and 500 or 100
  if call('LPUSH', KEYS[k], at) > most then call('LTRIM', KEYS[k], 0, most - 1) end
  call('PEXPIREAT', KEYS[k], day_on)
end
for k, ring in pairs(rings) do ring_charge(KEYS[k], ring) end
if allowance then
  allowance_charge(KEYS[4], allowance)
  r.flags = bit.bor(flags, KINDE_RESERVED)
end
if not c then
  c = {state = 'P', class = class, flags = bit.band(flags, 32) ~= 0 and 1 or 0, guesses = 0, binding = ARGV[9],
    first = ARGV[12], tokens = '', consumed = ''}
end
if new_code then c.nonce, c.key, c.expires = ARGV[10], ARGV[11], birth + life end
c.sent, c.owner, c.last, c.next, c.reason, c.limit = now, ARGV[20], ARGV[12], now + pause, 0, 0
challenge_write(KEYS[2], c, keep)
local entry = phone_entry(p, id)
if entry then
  entry[3] = c.expires
else
  p[#p + 1] = {class, c.guesses, c.expires, id}
end
phone_write(KEYS[3], p)
r.first, r.expires = now, c.expires
return granted(r, c)
