-- Texts that the shared sender took in a period. Of it the argument tells: max, the period's number and end, the next one's.
local ALLOWANCE_KEPT = 32 * DAY

local function allowance_read(value, argument)
  local max, number, ends, next_number, next_ends = unstruct('<I4I4I8I4I8', argument)
  local a = {max = max, number = number, ends = ends, count = 0}
  if now >= ends then a.number, a.ends = next_number, next_ends end
  if value then
    local version, its, count = unstruct('<BI4I4', value)
    known_version(version, 'an allowance')
    if its == a.number then a.count = count end
  end
  return a
end

local function allowance_charge(key, a)
  call('SET', key, pack('<BI4I4', 1, a.number, a.count + 1), 'PXAT', after(ALLOWANCE_KEPT))
end
