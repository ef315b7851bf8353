-- Buckets of a 50th of a window in a ring of 51, moved to now as they are read. `before`: bytes in front of the counts in `cells`.
local function ring_zeros(places) return string.rep('\0\0\0\0', places) end

local function ring_read(value, window)
  local width = math.ceil(window / 50)
  local newest = math.floor(now / width)
  if not value then return {width = width, newest = newest, sum = 0, cells = ring_zeros(51), before = 0, moved = true} end
  local version, at, sum, before = unstruct('<BI8I4', value)
  known_version(version, 'buckets')
  local ahead = newest - at
  -- Within the newest bucket, as nearly always, nothing is cut: the counts are looked at behind the header.
  if ahead <= 0 then -- the clock went back: what stands in the future counts as inside
    return {width = width, newest = at, sum = sum, cells = value, before = before - 1, moved = false}
  end
  local cells = sub(value, before)
  if ahead >= 51 then
    sum, cells = 0, ring_zeros(51)
  else
    -- What left the ring stands right behind the newest place; it may reach over the end.
    local from = (at + 1) % 51
    local straight = math.min(ahead, 51 - from)
    for i = 0, ahead - 1 do sum = sum - unstruct('<I4', cells, (from + i) % 51 * 4 + 1) end
    cells = sub(cells, 1, from * 4) .. ring_zeros(straight) .. sub(cells, (from + straight) * 4 + 1)
    if ahead > straight then cells = ring_zeros(ahead - straight) .. sub(cells, (ahead - straight) * 4 + 1) end
  end
  return {width = width, newest = newest, sum = sum, cells = cells, before = 0, moved = true}
end

-- Milliseconds until fewer than `max` are left in the ring.
local function ring_wait(ring, max)
  local left = ring.sum
  for i = ring.newest - 50, ring.newest do
    left = left - unstruct('<I4', ring.cells, ring.before + i % 51 * 4 + 1)
    if left < max then return (i + 51) * ring.width - now end
  end
  return (ring.newest + 51) * ring.width - now
end

local function ring_charge(key, ring)
  local cells, before = ring.cells, ring.before
  local at = before + ring.newest % 51 * 4
  local value = pack('<BI8I4', 1, ring.newest, ring.sum + 1) .. sub(cells, before + 1, at) ..
    pack('<I4', unstruct('<I4', cells, at + 1) + 1) .. sub(cells, at + 5)
  if ring.moved then
    call('SET', key, value, 'PXAT', after(ring.width * 51))
  else
    call('SET', key, value, 'KEEPTTL') -- the first charge of this bucket set a life that outlasts the bucket's
  end
end
