-- Challenge. Version 1 had no owner and did not know its last request: it is read as one without either, and written as version 2.
local CHALLENGE, LAST_REQUEST = '<Bc1c1BBc16c32I8c16I8', '<c16c16I8BB'
local NO_ONE = string.rep('\0', 16)

local function challenge_read(value)
  local version, state, class, flags, guesses, binding, nonce, expires, first, sent, at = unstruct(CHALLENGE, value)
  local owner, last, soonest, reason, limit = NO_ONE, first, 0, 0, 0
  if version ~= 1 then
    known_version(version, 'a challenge', 2)
    owner, last, soonest, reason, limit, at = unstruct(LAST_REQUEST, value, at)
  end
  local consumed_at = at + 1 + string.byte(value, at) * 16
  local key_at = state == 'A' and consumed_at + 16 or consumed_at
  return {state = state, class = class, flags = flags, guesses = guesses, binding = binding, nonce = nonce,
    expires = expires, first = first, sent = sent, owner = owner, last = last, next = soonest, reason = reason,
    limit = limit, tokens = sub(value, at + 1, consumed_at - 1), consumed = sub(value, consumed_at, key_at - 1),
    key = sub(value, key_at)}
end

local function challenge_write(key, c, kept_until)
  call('SET', key, pack(CHALLENGE, 2, c.state, c.class, c.flags, c.guesses, c.binding, c.nonce, c.expires, c.first,
    c.sent) .. pack(LAST_REQUEST, c.owner, c.last, c.next, c.reason, c.limit) .. string.char(#c.tokens / 16) ..
    c.tokens .. c.consumed .. c.key, 'PXAT', kept_until)
end
