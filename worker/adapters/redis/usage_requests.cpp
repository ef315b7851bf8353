#include "worker/adapters/redis/requests.hpp"

// Beside the path of events and guesses: what is counted, looked at.
namespace sendcode::redis {
namespace {

using domain::limit_kind;
using kind = ports::usage_question::kind;

bool is_list(limit_kind per) {
  return per == limit_kind::phone || per == limit_kind::user || per == limit_kind::client_ip;
}

char letter_of(const ports::usage_question& question) {
  switch (question.about) {
    case kind::allowance:
      return 'a';
    case kind::fraud:
      return 'f';
    case kind::guesses:
      return question.device == ports::device_class::known ? 'k' : 's';
    case kind::limit:
    case kind::approved:
      break;
  }
  return is_list(question.limit.per) ? 'l' : 'b';
}

}  // namespace

void request_writer::usage_key(redis_command& command, const std::string& environment,
                               const ports::usage_question& question) {
  key_writer keys(command, environment);
  const std::string& subject = question.limit.subject;
  switch (question.about) {
    case kind::approved:
      return keys.buckets("approved", subject, prefix_share_window);
    case kind::allowance:
      return keys.allowance(question.allowance.monthly);
    case kind::fraud:
      return keys.fraud(subject);
    case kind::guesses:
      return keys.phone(hashes_.hash("phone", environment, subject));
    case kind::limit:
      break;
  }
  // Unlike in `admit`, what a prefix is compared by are questions of their own.
  if (question.limit.per == limit_kind::prefix) return keys.buckets("prefix", subject, question.limit.window);
  ports::admit_request whose;
  whose.environment_id = environment;
  whose.device = question.device;
  limit_key(command, whose, question.limit, {});
}

void request_writer::usage(redis_command& command, const ports::usage_request& request, timestamp now) {
  command.add(static_cast<std::int64_t>(request.questions.size()));
  const ports::allowance_check* allowance = nullptr;
  for (const auto& question : request.questions) {
    usage_key(command, request.environment_id, question);
    if (question.about == kind::allowance) allowance = &question.allowance;
  }
  command.begin();
  for (const auto& question : request.questions) {
    const bool approved = question.about == kind::approved;
    const auto window = approved ? prefix_share_window : question.limit.window;
    command.append_bytes(static_cast<unsigned char>(letter_of(question)), 1);
    command.append_bytes(approved ? 0 : question.limit.max, 4);
    command.append_bytes(static_cast<std::uint64_t>(window.count()), 8);
  }
  command.end();
  if (allowance == nullptr) {
    command.add("");
  } else {
    add_allowance(command, *allowance, now);
  }
}

}  // namespace sendcode::redis
