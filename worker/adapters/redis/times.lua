-- Times of sends, newest first, 8 bytes each behind the version.
local TIMES_MAX, TIMES_OF_A_WIDE_NETWORK_MAX = 100, 500

-- Version 1 was a list of Redis': MGET has nothing of it. It counts on, and is a string from the next charge on.
local function times_of_lists(values, first, last)
  local strings = 0
  for k = first, last do
    if values[k] then strings = strings + 1 end
  end
  if strings > last - first or call('EXISTS', unpack(KEYS, first, last)) == strings then return end
  for k = first, last do
    local at, time = 0, not values[k] and call('LINDEX', KEYS[k], 0)
    while time do
      values[k] = (values[k] or '\2') .. pack('<I8', tonumber(time))
      at = at + 1
      time = call('LINDEX', KEYS[k], at)
    end
  end
end

-- Milliseconds until fewer than `max` sends lie within the window.
local function times_wait(value, max, window)
  if not value then return 0 end
  local version, newest = unstruct('<BI8', value)
  known_version(version, 'times', 2)
  if newest + window <= now or #value < max * 8 + 1 then return 0 end
  return unstruct('<I8', value, max * 8 - 6) + window - now
end

local function times_charge(key, value, most, kept_until)
  local newest = value and math.max(unstruct('<I8', value, 2), now) or now
  call('SET', key, pack('<BI8', 2, newest) .. (value and sub(value, 2, most * 8 - 7) or ''), 'PXAT', kept_until)
end
