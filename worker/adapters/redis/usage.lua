-- needs: times buckets allowance phone
-- Writes nothing.
local FRAUD_WINDOW_MS = 600000
local QUESTION = 13 -- bytes
local values = call('MGET', unpack(KEYS))
local answers = {now}

for i = 1, #KEYS do
  local kind, max, window = unstruct('<c1I4I8', ARGV[1], (i - 1) * QUESTION + 1)
  local value = values[i]
  local used, left, open = 0, 0, 0
  if kind == 'l' then
    if not value then
      times_of_lists(values, i, i)
      value = values[i]
    end
    left = math.max(times_wait(value, max, window), 0)
    for at = 2, value and #value or 0, 8 do
      if unstruct('<I8', value, at) + window <= now then break end
      used = used + 1
    end
  elseif kind == 'b' then
    local ring = ring_read(value, window)
    used = ring.sum
    if max > 0 and used >= max then left = ring_wait(ring, max) end
  elseif kind == 'a' then
    local a = allowance_read(value, ARGV[2])
    used, left = a.count, a.ends - now
  elseif kind == 'f' and value then
    local version, blocked_until = unstruct('<BI8', value)
    known_version(version, 'fraud answers')
    left = math.max(blocked_until - now, 0)
    for at = 10, #value, 16 do
      if unstruct('<I8', value, at) + FRAUD_WINDOW_MS > now then used = used + 1 end
    end
  elseif kind == 's' or kind == 'k' then
    local p = phone_read(value)
    used = p[kind]
    for e = 1, #p do
      if p[e][1] == kind then open = open + GUESSES - p[e][2] end
    end
  end
  answers[i + 1] = {used, left, open}
end
return answers
