#include "tests/integration/redis/fixture.hpp"

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "common/logging.hpp"

namespace sendcode::redis_tests {
namespace {

redis_server& shared_server() {
  static redis_server server;
  return server;
}

// Times of one key, moved back by ARGV[1] ms; docs/redis.md has the places.
constexpr std::string_view aging_script = R"lua(
local key, by = KEYS[1], tonumber(ARGV[1])
local kind = string.match(key, '}:(%a+)')
local function moved(value, at)
  local time = struct.unpack('<I8', value, at)
  if time == 0 then return value end
  return string.sub(value, 1, at - 1) .. struct.pack('<I8', math.max(time - by, 1)) .. string.sub(value, at + 8)
end
local left = redis.call('PTTL', key) - by
if left <= 0 then
  redis.call('DEL', key)
  return
end
if redis.call('TYPE', key).ok == 'list' then -- times as version 1 kept them
  local times = redis.call('LRANGE', key, 0, -1)
  redis.call('DEL', key)
  for _, time in ipairs(times) do redis.call('RPUSH', key, string.format('%.0f', time - by)) end
  redis.call('PEXPIRE', key, left)
  return
end
local value = redis.call('GET', key)
local places = {}
if kind == 'e' then places = {35, 43, 51}
elseif kind == 'c' then
  places = {54, 78}
  if string.byte(value) == 2 then places[3] = 118 end
elseif kind == 'p' then
  places = {4}
  for at = 12, #value, 18 do places[#places + 1] = at + 2 end
elseif kind == 'l' then
  for at = 2, #value, 8 do places[#places + 1] = at end
elseif kind == 'f' then
  places = {2}
  for at = 10, #value, 16 do places[#places + 1] = at end
end
for _, at in ipairs(places) do value = moved(value, at) end
if kind == 'b' then
  local width = math.ceil(tonumber(string.match(key, ':(%d+)$')) / 50)
  local index = struct.unpack('<I8', value, 2)
  local header, cells = string.sub(value, 1, 1), string.sub(value, 14)
  local buckets = math.floor(by / width)
  -- The index moves, and each count must stand at its new place.
  local turned = {}
  for place = 0, 50 do
    local to = (place - buckets) % 51
    turned[to + 1] = string.sub(cells, place * 4 + 1, place * 4 + 4)
  end
  value = header .. struct.pack('<I8', index - buckets) .. string.sub(value, 10, 13) .. table.concat(turned)
end
redis.call('SET', key, value, 'PX', left)
)lua";

}  // namespace

redis::redis_options options_for(std::uint16_t port) {
  redis::redis_options options;
  options.address = {"127.0.0.1", port, false};
  options.timeout = milliseconds{2000};  // the machine that runs tests may be busy
  return options;
}

secret subjects_key() {
  return secret(std::string(32, 'k'));
}

ports::token random_token() {
  ports::token out;
  fill_random(out);
  return out;
}
ports::nonce random_nonce() {
  ports::nonce out;
  fill_random(out);
  return out;
}
domain::request_id random_request() {
  domain::request_id out;
  fill_random(out);
  return out;
}

fixture::fixture() {
  log::set_up(log::level::warn, log::format::text);
  REQUIRE(redis().command({"FLUSHALL"}).text == "OK");
  for (auto* slot : {&first_, &second_}) {
    *slot = std::make_unique<redis::redis_code_store>(io.get_executor(), options_for(shared_server().port()),
                                                      subjects_key(), clock);
    (*slot)->start();
  }
  run_until(io, [&] { return first_->ready() && second_->ready(); });
}

fixture::~fixture() {
  first_->stop();
  second_->stop();
  const std::string digits(phone.substr(1));
  for (const std::string& key : redis().keys()) {
    CHECK(redis().pttl(key) > 0);
    CHECK(key.find(digits) == std::string::npos);
    CHECK(redis().dump(key).find(digits) == std::string::npos);
  }
}

raw_client& fixture::redis() {
  static raw_client client(shared_server().port());
  return client;
}

void fixture::pass(milliseconds time) {
  for (const std::string& key : redis().keys()) {
    const auto reply = redis().command({"EVAL", std::string(aging_script), "1", key, std::to_string(time.count())});
    if (reply.is_error()) throw std::runtime_error("aging: " + reply.text);
  }
}

void fixture::forget_events() {
  for (const char* kind : {"e", "c", "p"}) {
    for (const std::string& key : keys_of(kind)) redis().command({"DEL", key});
  }
}

ports::admit_request fixture::event() {
  ports::admit_request out;
  out.token = random_token();
  out.environment_id = environment;
  out.request_id = random_request();
  fill_random(out.data_digest);
  out.birth = from_unix_ms(redis().now_ms());
  out.code_life = 10 * minute;
  byte_array<18> unguessable;
  fill_random(unguessable);
  out.challenge_id = to_base64url(as_text(unguessable));
  out.application_id = "app_web";
  out.phone = phone;
  out.prefix = "+614915";
  out.fresh_nonce = random_nonce();
  out.signing_key_id = "codes-1";
  return out;
}

ports::admit_request fixture::redelivered(const ports::admit_request& request) {
  ports::admit_request out = request;
  out.token = random_token();
  out.fresh_nonce = random_nonce();
  return out;
}

ports::renew_request fixture::renewal(const ports::admit_request& request) {
  ports::renew_request out;
  out.token = request.token;
  out.environment_id = request.environment_id;
  out.request_id = request.request_id;
  out.record_life = hour;
  return out;
}

ports::settle_request fixture::settlement(const ports::admit_request& request, std::string message_id) {
  ports::settle_request out;
  out.token = request.token;
  out.environment_id = request.environment_id;
  out.request_id = request.request_id;
  out.record_life = hour;
  out.phone = request.phone;
  out.prefix = request.prefix;
  out.outcome.status = domain::status::sent;
  out.outcome.sender = domain::sender_kind::twilio;
  out.outcome.segments = 1;
  out.outcome.message_id = std::move(message_id);
  return out;
}

ports::check_request fixture::guess(const ports::admit_request& request) {
  ports::check_request out;
  out.token = random_token();
  out.environment_id = request.environment_id;
  out.challenge_id = request.challenge_id;
  out.application_id = request.application_id;
  out.purpose = request.purpose;
  out.phone = request.phone;
  out.user_id = request.user_id;
  out.challenge_life = hour;
  out.keys_held = {"codes-0", "codes-1", "codes-2"};
  return out;
}

ports::admit_request fixture::resend_of(const ports::admit_request& request) {
  auto out = event();
  out.challenge_id = request.challenge_id;
  out.device = request.device;
  out.phone = request.phone;
  return out;
}

ports::challenge_reference fixture::reference(const ports::admit_request& request) {
  return {request.environment_id, request.challenge_id, request.application_id, request.purpose};
}

void fixture::fail(int guesses, ports::device_class device) {
  while (guesses > 0) {
    auto request = event();
    request.device = device;
    REQUIRE(reason_of(admit(request)) == "granted");
    for (int i = 0; i < 5 && guesses > 0; ++i, --guesses) as<ports::guess_counted>(check(guess(request)));
    pass(10 * minute);
  }
}

ports::consume_request fixture::approval(const ports::admit_request& request, const ports::nonce& nonce) {
  return {guess(request), nonce, request.prefix};
}

std::vector<std::string> fixture::keys_of(std::string_view kind) {
  const std::string start = "sc:{" + std::string(environment) + "}:" + std::string(kind);
  std::vector<std::string> out;
  for (const std::string& key : redis().keys()) {
    if (key == start || key.starts_with(start + ":")) out.push_back(key);
  }
  return out;
}

std::string fixture::key_of(std::string_view kind) {
  const auto found = keys_of(kind);
  REQUIRE(found.size() == 1);
  return found.front();
}

ports::limit_check phone_limit(std::uint32_t max, milliseconds window) {
  return {domain::limit_kind::phone, std::string(phone), false, max, window};
}

}  // namespace sendcode::redis_tests
