-- Event record.
local RECORD = '<Bc1c16c16I8I8I8BBBBBBI4BB'

local function record_read(value)
  local version, state, token, hmac, lease, first, expires, runouts, flags, status, reason, limit, sender, retry, segments,
    _, at = unstruct(RECORD, value)
  known_version(version, 'an event record')
  -- One table of its final size: one that grows field by field is made anew five times.
  return {state = state, token = token, hmac = hmac, lease = lease, first = first, expires = expires, runouts = runouts,
    flags = flags, status = status, reason = reason, limit = limit, sender = sender, retry = retry, segments = segments,
    tail = sub(value, at)}
end

local function record_write(key, r, kept_until)
  local value = pack(RECORD, 1, r.state, r.token, r.hmac, r.lease, r.first, r.expires, r.runouts, r.flags, r.status,
    r.reason, r.limit, r.sender, r.retry, r.segments, #r.tail) .. r.tail
  call('SET', key, value, 'PXAT', kept_until)
  return value
end
