#include "worker/adapters/redis/requests.hpp"

#include "worker/adapters/redis/period.hpp"
#include "worker/adapters/redis/record.hpp"

namespace sendcode::redis {
namespace {

using domain::limit_kind;

constexpr std::size_t fixed_keys = 5;  // of admit, before the limits'

std::string_view first_8(const short_hash& hash) {
  return as_text(hash).substr(0, 8);
}

bool is_list(limit_kind per) {
  return per == limit_kind::phone || per == limit_kind::user || per == limit_kind::client_ip;
}

std::string_view bucket_word(limit_kind per) {
  switch (per) {
    case limit_kind::application:
      return "app";
    case limit_kind::country:
      return "country";
    case limit_kind::prefix:
      return "prefix";
    default:
      return "env";
  }
}

bool same_key(const ports::limit_check& a, const ports::limit_check& b) {
  return a.per == b.per && a.wide_network == b.wide_network && a.subject == b.subject &&
         (is_list(a.per) || a.window == b.window);
}

char limit_letter(const ports::limit_check& limit) {
  if (is_list(limit.per)) return limit.wide_network ? 'n' : 'l';
  return limit.per == limit_kind::prefix ? 'p' : 'b';
}

std::uint64_t ms_of(timestamp time) {
  return static_cast<std::uint64_t>(to_unix_ms(time));
}
std::uint64_t ms_of(milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace

void add_allowance(redis_command& command, const ports::allowance_check& allowance, timestamp now) {
  command.begin().append_bytes(allowance.max, 4);
  for (const period& each : periods_around(now, allowance.monthly)) {
    command.append_bytes(static_cast<std::uint64_t>(each.number), 4).append_bytes(ms_of(each.end), 8);
  }
  command.end();
}

void request_writer::limit_key(redis_command& command, const ports::admit_request& request,
                               const ports::limit_check& limit, const short_hash& phone) {
  key_writer keys(command, request.environment_id);
  switch (limit.per) {
    case limit_kind::phone:
      keys.list("phone", request.device,
                limit.subject == request.phone ? phone : hashes_.hash("phone", request.environment_id, limit.subject));
      break;
    case limit_kind::user:
      keys.list("user", request.device, hashes_.hash("user", request.environment_id, limit.subject));
      break;
    case limit_kind::client_ip: {
      const std::string_view word = limit.wide_network ? "net" : "ip";
      keys.list(word, std::nullopt, hashes_.hash(word, request.environment_id, limit.subject));
      break;
    }
    case limit_kind::application:
      keys.buckets("app", to_key_text(hashes_.plain(limit.subject)), limit.window);
      break;
    case limit_kind::prefix:
      keys.buckets("prefix", limit.subject, limit.window);
      keys.buckets("approved", limit.subject, prefix_share_window);
      keys.buckets("prefix", limit.subject, prefix_share_window);
      break;
    default:
      keys.buckets(bucket_word(limit.per), limit.subject.empty() ? "-" : std::string_view(limit.subject), limit.window);
  }
}

// The lists' keys before the buckets'. Says how many are lists'.
std::size_t request_writer::limit_keys(redis_command& command, const ports::admit_request& request,
                                       const short_hash& phone) {
  const std::size_t first = command.size();
  std::size_t lists = 0;
  limit_key_.assign(request.limits.size(), 0);
  for (const bool of_lists : {true, false}) {
    for (std::size_t i = 0; i < request.limits.size(); ++i) {
      const ports::limit_check& limit = request.limits[i];
      if (is_list(limit.per) != of_lists) continue;
      std::size_t earlier = 0;
      while (earlier < i && !same_key(request.limits[earlier], limit)) ++earlier;
      if (earlier < i) {
        limit_key_[i] = limit_key_[earlier];
        continue;
      }
      limit_key_[i] = fixed_keys + 1 + command.size() - first;
      limit_key(command, request, limit, phone);
    }
    if (of_lists) lists = command.size() - first;
  }
  return lists;
}

void request_writer::admit(redis_command& command, const ports::admit_request& request, timestamp now) {
  const std::string& environment = request.environment_id;
  const milliseconds kept = ports::record_life(request.code_life, dedupe_ttl_);
  const short_hash challenge = hashes_.plain(request.challenge_id);
  const short_hash phone = hashes_.hash("phone", environment, request.phone);
  const bool to_be_admitted = request.verdict.status == domain::status::none;

  const std::size_t count_at = command.size();
  command.add(0);
  key_writer keys(command, environment);
  keys.event(request.request_id);
  keys.challenge(challenge);
  keys.phone(phone);
  keys.allowance(request.allowance && request.allowance->monthly);
  if (request.prefix.empty()) {
    keys.event(request.request_id);
  } else {
    keys.fraud(request.prefix);
  }
  const std::size_t lists = to_be_admitted ? limit_keys(command, request, phone) : 0;
  command.replace(count_at, static_cast<std::int64_t>(command.size() - count_at - 1));

  const bool known = request.device == ports::device_class::known;
  command.add(request.token);
  command.add(hashes_.hash("data", environment, as_text(request.data_digest)));
  command.begin();
  for (const std::uint64_t time :
       {ms_of(request.birth), ms_of(request.code_life), ms_of(kept), ms_of(ports::lease_duration)}) {
    command.append_bytes(time, 8);
  }
  command.append_bytes(static_cast<std::uint64_t>(request.verdict.status), 1);
  command.append_bytes(static_cast<std::uint64_t>(request.verdict.reason), 1);
  command.append_bytes((known ? flag::known_device : 0U) | (request.test_number ? flag::test_number : 0U), 1);
  command.append_bytes(lists, 1).end();
  command.add(known ? "k" : "s");
  command.add(hashes_.binding(environment, request.application_id, request.purpose, request.phone, request.user_id));
  command.add(request.fresh_nonce).add(request.signing_key_id).add(request.request_id).add(first_8(challenge));
  command.add(owner(request.application_id, request.purpose));
  if (request.allowance) {
    add_allowance(command, *request.allowance, now);
  } else {
    command.add("");
  }
  command.begin();
  for (std::size_t i = 0; to_be_admitted && i < request.limits.size(); ++i) {
    const ports::limit_check& limit = request.limits[i];
    command.append_bytes(static_cast<unsigned char>(limit_letter(limit)), 1);
    command.append_bytes(static_cast<std::uint64_t>(limit.per), 1).append_bytes(limit_key_[i], 1);
    command.append_bytes(limit.max, 4).append_bytes(ms_of(limit.window), 8);
  }
  command.end();
}

void request_writer::renew(redis_command& command, const ports::renew_request& request, timestamp now) {
  command.add(3);
  key_writer keys(command, request.environment_id);
  keys.event(request.request_id);
  if (request.reserve) {
    keys.allowance(request.reserve->monthly);
  } else {
    keys.event(request.request_id);
  }
  if (request.if_accepted_by.empty()) {
    keys.event(request.request_id);
  } else {
    keys.trusted(hashes_.plain(request.if_accepted_by));
  }
  command.add(request.token).add(ports::lease_duration.count()).add(pack_flags(request.flags));
  command.add(request.record_life.count());
  if (request.reserve) add_allowance(command, *request.reserve, now);
}

void request_writer::release(redis_command& command, const ports::renew_request& request) {
  command.add(1);
  key_writer(command, request.environment_id).event(request.request_id);
  command.add(request.token).add(request.record_life.count());
}

void request_writer::settle(redis_command& command, const ports::settle_request& request, timestamp now) {
  const domain::outcome& outcome = request.outcome;
  command.add(5);
  key_writer keys(command, request.environment_id);
  keys.event(request.request_id);
  if (outcome.message_id.empty()) {
    keys.event(request.request_id);
  } else {
    keys.message(hashes_.plain(outcome.message_id));
  }
  const bool fraud = request.fraud_answer && !request.prefix.empty();
  if (fraud) {
    keys.fraud(request.prefix);
  } else {
    keys.event(request.request_id);
  }
  keys.allowance(request.give_back && request.give_back->monthly);
  if (request.accepted_by.empty()) {
    keys.event(request.request_id);
  } else {
    keys.trusted(hashes_.plain(request.accepted_by));
  }

  ports::event_flags flags = request.flags;
  flags.failed_over |= outcome.failed_over;
  flags.possible_duplicate |= outcome.possible_duplicate;
  command.add(request.token).begin();
  command.append_bytes(static_cast<std::uint64_t>(outcome.status), 1);
  command.append_bytes(static_cast<std::uint64_t>(outcome.reason), 1);
  command.append_bytes(static_cast<std::uint64_t>(outcome.limited_by), 1);
  command.append_bytes(static_cast<std::uint64_t>(outcome.sender), 1).append_bytes(pack_flags(flags), 1);
  command.append_bytes(outcome.retry_after_s, 4).append_bytes(outcome.segments, 1);
  command.append_bytes(ms_of(request.record_life), 8).end();
  command.add(pack_tail(outcome)).add(to_hex(as_text(request.request_id)));
  command.add(fraud ? first_8(hashes_.hash("phone", request.environment_id, request.phone)) : std::string_view{});
  command.begin();
  if (request.give_back) {
    for (const period& each : periods_around(now, request.give_back->monthly)) {
      command.append_bytes(static_cast<std::uint64_t>(each.number), 4).append_bytes(ms_of(each.start), 8);
    }
  }
  command.end();
}

void request_writer::check(redis_command& command, const ports::check_request& request) {
  const short_hash challenge = hashes_.plain(request.challenge_id);
  command.add(2);
  key_writer keys(command, request.environment_id);
  keys.challenge(challenge);
  keys.phone(hashes_.hash("phone", request.environment_id, request.phone));
  command.add(
      hashes_.binding(request.environment_id, request.application_id, request.purpose, request.phone, request.user_id));
  command.add(request.token).add(first_8(challenge)).add(request.challenge_life.count());
  for (const std::string& key : request.keys_held) command.add(key);
}

void request_writer::consume(redis_command& command, const ports::consume_request& request) {
  const ports::check_request& checked = request.checked;
  const short_hash challenge = hashes_.plain(checked.challenge_id);
  command.add(3);
  key_writer keys(command, checked.environment_id);
  keys.challenge(challenge);
  keys.phone(hashes_.hash("phone", checked.environment_id, checked.phone));
  if (request.prefix.empty()) {
    keys.challenge(challenge);
  } else {
    keys.buckets("approved", request.prefix, prefix_share_window);
  }
  command.add(
      hashes_.binding(checked.environment_id, checked.application_id, checked.purpose, checked.phone, checked.user_id));
  command.add(request.nonce).add(checked.token).add(first_8(challenge)).add(checked.challenge_life.count());
  command.add(prefix_share_window.count());
}

}  // namespace sendcode::redis
