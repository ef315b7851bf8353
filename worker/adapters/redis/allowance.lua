-- Texts that the shared sender took in a period. `first` is the index of the five arguments: max, the period's number and end, the next one's.
local ALLOWANCE_KEPT = 32 * DAY

local function allowance_read(value, first)
  local a = {max = tonumber(ARGV[first]), number = tonumber(ARGV[first + 1]), ends = tonumber(ARGV[first + 2]), count = 0}
  if now >= a.ends then a.number, a.ends = tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4]) end
  if value then
    local version, number, count = unstruct('<BI4I4', value)
    known_version(version, 'an allowance')
    if number == a.number then a.count = count end
  end
  return a
end

local function allowance_charge(key, a)
  call('SET', key, pack('<BI4I4', 1, a.number, a.count + 1), 'PXAT', after(ALLOWANCE_KEPT))
end
