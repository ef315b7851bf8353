-- needs: record
local KINDE_RESERVED = 8
local TRUSTED_MS = 7 * DAY
local FRAUD_ANSWERS, FRAUD_WINDOW_MS, FRAUD_BLOCK_MS, FRAUD_KEPT_MS = 3, 600000, 1800000, 2400000

local values = call('MGET', KEYS[1], KEYS[2])
local value = values[1]
local r = value and record_read(value)
if not r then return {'lost'} end
if r.state == 'S' then return {'settled', value} end
if r.state ~= 'L' or r.token ~= ARGV[1] then return {'lost'} end

local claims = KEYS[2] ~= KEYS[1]
if claims then
  local holder = values[2]
  if holder and holder ~= ARGV[4] then return {'claimed'} end
end

-- Three answers from different phones block the prefix.
local fraud
if ARGV[5] ~= '' then
  local blocked_until, others, count = 0, '', 0
  local known = call('GET', KEYS[3])
  if known then
    local version, at
    version, blocked_until, at = unstruct('<BI8', known)
    known_version(version, 'fraud answers')
    for i = at, #known, 16 do
      local when, phone = unstruct('<I8c8', known, i)
      if when + FRAUD_WINDOW_MS > now and phone ~= ARGV[5] then
        others, count = others .. sub(known, i, i + 15), count + 1
      end
    end
  end
  if count + 1 >= FRAUD_ANSWERS then
    fraud = pack('<BI8', 1, now + FRAUD_BLOCK_MS)
  else
    fraud = pack('<BI8', 1, blocked_until) .. others .. pack('<I8c8', now, ARGV[5])
  end
end

-- A reserved text goes back only into the period that it was taken from: no lease is older than the reservation.
local allowance
if ARGV[6] ~= '' and bit.band(r.flags, KINDE_RESERVED) ~= 0 then
  local period, began, next_period, next_began = unstruct('<I4I8I4I8', ARGV[6])
  if now >= next_began then period, began = next_period, next_began end
  local kept = r.first >= began and call('GET', KEYS[4])
  if kept then
    local version, number, count = unstruct('<BI4I4', kept)
    known_version(version, 'an allowance')
    if number == period and count > 0 then allowance = pack('<BI4I4', 1, number, count - 1) end
  end
end

local flags, life
r.status, r.reason, r.limit, r.sender, flags, r.retry, r.segments, life = unstruct('<BBBBBI4BI8', ARGV[2])
r.state, r.flags, r.tail = 'S', bit.bor(r.flags, flags), ARGV[3]
if allowance then
  call('SET', KEYS[4], allowance, 'KEEPTTL')
  r.flags = bit.band(r.flags, 255 - KINDE_RESERVED)
end
local kept_until = after(life)
if claims then call('SET', KEYS[2], ARGV[4], 'PXAT', kept_until) end
if KEYS[5] ~= KEYS[1] then call('SET', KEYS[5], pack('<BI8', 1, now), 'PXAT', after(TRUSTED_MS)) end
if fraud then call('SET', KEYS[3], fraud, 'PXAT', after(FRAUD_KEPT_MS)) end
return {'settled', record_write(KEYS[1], r, kept_until)}
