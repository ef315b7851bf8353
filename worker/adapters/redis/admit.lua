-- needs: record challenge phone times buckets allowance
local TOO_OLD, POISON, UNCONFIRMED = 64, 96, 36
local ALLOWANCE_USED_UP, RATE_LIMITED, LOCKED_OUT, SUSPECTED_FRAUD = 10, 11, 12, 13
local MISMATCH, USED, CANCELLED = 14, 15, 16
local PHONE, USER = 1, 2                   -- limit kinds
local KINDE_RESERVED, TAKEN_OVER = 8, 64   -- flags
local MAYBE_TAKEN = 4
local RUNOUTS_MAX = 3
local CODE_KEPT_MS = 60000                 -- a resend keeps the code if it has this much life left
local LIVE_CHALLENGES_MAX = 10
local STRANGERS_MAX, ALL_MAX = 80, 100     -- guesses: counted, and still to come
local SHARE_WINDOW_MS = 600000             -- approved and sent texts of a prefix are compared over this

local token, hmac = ARGV[1], ARGV[2]
local birth, life, keep_ms, lease, status_given, reason_given, flags, lists = unstruct('<i8I8I8I8BBBB', ARGV[3])
local keep = after(keep_ms)
birth = math.min(birth, now)
local too_old = now >= birth + life - life / 10
local values = call('MGET', unpack(KEYS))

local function settled(r, status, reason, limit, retry)
  r.state, r.status, r.reason, r.limit, r.retry = 'S', status, reason, limit or 0, retry or 0
  return {'settled', record_write(KEYS[1], r, keep)}
end

local function granted(r, c)
  r.state, r.token, r.lease = 'L', token, now + lease
  local fresh = bit.band(r.flags, TAKEN_OVER) == 0 and 1 or 0
  return {'granted', record_write(KEYS[1], r, keep), c.nonce, c.key, now, fresh}
end

local c = values[2] and challenge_read(values[2])

-- Seen before.
if values[1] then
  local r = record_read(values[1])
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
    if too_old then return settled(r, EXPIRED, TOO_OLD) end
    if status_given ~= 0 then return settled(r, status_given, reason_given) end
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

local r = {token = token, hmac = hmac, lease = 0, first = 0, expires = birth + life, runouts = 0, flags = flags,
  sender = 0, status = 0, reason = 0, limit = 0, retry = 0, segments = 0, tail = ''}

-- The challenge keeps why its last request was not sent, for `state`. An event of another binding leaves no trace there.
local function refused(status, reason, limit, retry)
  if c and c.state == 'P' and c.binding == ARGV[5] then
    c.reason, c.limit = reason, limit or 0
    if retry then c.next = now + retry * 1000 end
    challenge_write(KEYS[2], c, keep)
  end
  return settled(r, status, reason, limit, retry)
end

if too_old then return refused(EXPIRED, TOO_OLD) end
if status_given ~= 0 then return refused(status_given, reason_given) end

if c then
  if c.binding ~= ARGV[5] then return settled(r, REJECTED, MISMATCH) end
  if c.state == 'A' then return settled(r, REJECTED, USED) end
  if c.state == 'C' then return settled(r, REJECTED, CANCELLED) end
  if c.guesses >= GUESSES then return refused(REJECTED, LOCKED_OUT) end
end
if values[5] then
  local version, blocked_until = unstruct('<BI8', values[5])
  known_version(version, 'fraud answers')
  if blocked_until > now then return refused(REJECTED, SUSPECTED_FRAUD) end
end

-- Limits: kind, what it counts by, index into KEYS, max, window.
-- What is to be charged, by index into KEYS: lists of times, with how many they hold, and buckets.
local most, rings = {}, {}
local breached, wait = nil, 0
local pause = 0 -- how long a phone's and a user's limits of one text refuse the next
if lists > 0 then times_of_lists(values, 6, 5 + lists) end

local limits = ARGV[12]
for at = 1, #limits, 15 do
  local kind, per, k, max, window = unstruct('<BBBI4I8', limits, at)
  local left
  if kind == 108 or kind == 110 then -- l, n
    most[k] = kind == 110 and TIMES_OF_A_WIDE_NETWORK_MAX or TIMES_MAX
    left = times_wait(values[k], max, window)
    if max == 1 and window > pause and per <= USER then pause = window end
  else
    local ring = rings[k]
    if not ring then
      ring = ring_read(values[k], window)
      rings[k] = ring
    end
    -- The soft limit of a prefix: over it, few approvals stop; over ten times as many, always. KEYS behind it: approved,
    -- and sent over the same time.
    local sent = ring
    if kind == 112 and KEYS[k + 2] ~= KEYS[k] then -- p
      sent = rings[k + 2] or ring_read(values[k + 2], SHARE_WINDOW_MS)
      rings[k + 2] = sent
    end
    if ring.sum >= max then
      if kind == 98 then -- b
        left = ring_wait(ring, max)
      elseif ring.sum >= 10 * max then
        left = ring_wait(ring, 10 * max)
      elseif ring_read(values[k + 1], SHARE_WINDOW_MS).sum * 5 < sent.sum then
        left = ring_wait(ring, max)
      end
    end
  end
  if left and left > 0 then
    breached = breached or per
    if left > wait then wait = left end
  end
end
if breached then return refused(REJECTED, RATE_LIMITED, breached, seconds(wait)) end

-- The phone's lock-out, where a new code is made.
local new_code = not c or c.expires - now < CODE_KEPT_MS
local class = c and c.class or ARGV[4]
local id = ARGV[9]
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
if ARGV[11] ~= '' then
  allowance = allowance_read(values[4], ARGV[11])
  if allowance.count >= allowance.max then
    return refused(REJECTED, ALLOWANCE_USED_UP, 0, seconds(allowance.ends - now))
  end
end

-- Admitted: from here on there are only writes.
local day_on = after(DAY)
for k, number in pairs(most) do times_charge(KEYS[k], values[k], number, day_on) end
for k, ring in pairs(rings) do ring_charge(KEYS[k], ring) end
if allowance then
  allowance_charge(KEYS[4], allowance)
  r.flags = bit.bor(flags, KINDE_RESERVED)
end
if not c then
  c = {state = 'P', class = class, flags = bit.band(flags, 32) ~= 0 and 1 or 0, guesses = 0, binding = ARGV[5],
    first = ARGV[8], tokens = '', consumed = ''}
end
if new_code then c.nonce, c.key, c.expires = ARGV[6], ARGV[7], birth + life end
c.sent, c.owner, c.last, c.next, c.reason, c.limit = now, ARGV[10], ARGV[8], now + pause, 0, 0
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
