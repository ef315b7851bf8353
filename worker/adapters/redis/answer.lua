local body, answer = ARGV[1], ARGV[2]
local value = call('GET', KEYS[1])
if value then
  known_version(string.byte(value), 'an answer')
  if sub(value, 2, 17) ~= body then return {'other_body'} end
  if #value > 17 then return {'answered', sub(value, 18)} end
  if answer == '' then return {'unanswered'} end
end
call('SET', KEYS[1], '\1' .. body .. answer, 'PXAT', after(ARGV[3]))
return {'unanswered'}
