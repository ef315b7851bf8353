-- Failures of a phone and its live challenges: { s =, k =, last =, {class, guesses, ends, id}… }
local FAILURES_KEPT = 90 * DAY

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
