-- Put before every script at build time, with the parts that its first line asks for. Layouts, arguments and replies:
-- docs/redis.md. Scripts read, decide, and only then write. What a script makes at each call costs, used or not.
local call, pack, unstruct, sub = redis.call, struct.pack, struct.unpack, string.sub

local now -- ms, by Redis' clock: the only "now" there is
do
  local time = call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local DAY = 86400000
local GUESSES = 5

local EXPIRED, FAILED, REJECTED = 3, 4, 2

local function known_version(version, what, known)
  if version ~= (known or 1) then error({err = 'LAYOUT of ' .. what .. ' is of another version'}) end
end

-- When a life from now on ends, as text: PXAT costs Redis less than PX, which it rewrites to it.
local function after(life) return string.format('%d', now + life) end

local function seconds(ms) return math.max(math.ceil(ms / 1000), 1) end
