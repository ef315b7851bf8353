#include "worker/adapters/redis/redis_code_store.hpp"

#include <set>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/redis/desk_replies.hpp"
#include "worker/adapters/redis/errors.hpp"
#include "worker/adapters/redis/replies.hpp"
#include "worker/adapters/redis/requests.hpp"
#include "worker/adapters/redis/topology.hpp"
#include "worker/adapters/redis/usage_replies.hpp"

namespace sendcode::redis {

using ports::store_outage;
using ports::stored;
using std::chrono::steady_clock;

namespace {

// When an answer counts: as soon as the master has it, or once redis.replicas_min replicas have it too.
enum class kept_by : std::uint8_t { master, replicas };

constexpr std::int64_t scanned_at_once = 250;  // its answer's elements are far below reply_elements_max
constexpr std::size_t first_key = 3;           // EVALSHA, hash, number of keys, keys

}  // namespace

// Writes a request, calls its script, reads the reply.
class redis_code_store::caller {
 public:
  caller(const boost::asio::any_io_executor& executor, redis_options options, const secret& subjects_key,
         const ports::clock& clock, std::function<void(bool)> on_up)
      : clock_(clock), writer_(subjects_key, options.dedupe_ttl), timeout_(options.timeout) {
    std::vector<const script*> scripts{&admit_script,  &renew_script,   &release_script, &settle_script,
                                       &check_script,  &consume_script, &state_script,   &cancel_script,
                                       &unlock_script, &answer_script,  &usage_script};
    topology_ = make_topology(executor, std::move(options), std::move(scripts), std::move(on_up));
  }

  // `write` may be called again; `read` turns the reply into an optional<Reply>.
  template <typename Reply, typename Write, typename Read>
  awaitable<stored<Reply>> call(const script& which, Write write, Read read, kept_by kept = kept_by::master) {
    if (!topology_->ready()) co_await topology_->first_attempt();
    const call_course course(steady_clock::now() + timeout_, topology_->follows());
    put_together(which, write, course);
    routed to = topology_->route(command_.argument(first_key));
    if (!to) co_return std::unexpected(store_outage{std::move(to.error())});
    const manner how{course.until(), kept == kept_by::replicas};
    reply_result reply = co_await (*to)->execute(command_, how);
    if (reply && reply->is_error()) reply = co_await ask_again(which, write, course, *to, how, std::move(*reply));
    if (!reply) co_return std::unexpected(store_outage{std::move(reply.error())});
    if (reply->is_error()) co_return std::unexpected(refused(which, reply->text));
    std::optional<Reply> understood = read(*reply);
    if (understood) co_return std::move(*understood);
    co_return std::unexpected(not_understood(which));
  }

  // A command that is no script, at the master of `key`.
  awaitable<reply_result> ask(std::string_view key, const redis_command& command) {
    if (!topology_->ready()) co_await topology_->first_attempt();
    const routed to = topology_->route(key);
    if (!to) co_return std::unexpected(to.error());
    const manner how{steady_clock::now() + timeout_};
    co_return co_await (*to)->execute(command, how);
  }

  timestamp now() const { return clock_.now(); }
  request_writer& writer() noexcept { return writer_; }
  topology& masters() noexcept { return *topology_; }

 private:
  template <typename Write>
  void put_together(const script& which, Write& write, const call_course& course) {
    command_.clear();
    if (course.sends_body()) {
      command_.add("EVAL").add(which.body);
    } else {
      command_.add("EVALSHA").add(which.sha);
    }
    write(command_);
  }

  // For as long as what comes back is an error that says how to ask again: the script is not known there, or a cluster
  // has the call's keys elsewhere.
  template <typename Write>
  awaitable<reply_result> ask_again(const script& which, Write& write, call_course course,
                                    std::shared_ptr<redis_connection> at, manner how, reply_result reply) {
    while (reply && reply->is_error()) {
      const next_step next = course.after(reply->text, steady_clock::now());
      if (next == next_step::follow) {
        const auto redirected = read_redirection(reply->text, at->address());
        if (!redirected) co_return std::unexpected("Redis redirects to a node without an address");
        routed to = co_await topology_->follow(*redirected, course.until());
        if (!to) co_return std::unexpected(std::move(to.error()));
        at = std::move(*to);
        how.asking = redirected->once;
      } else if (next != next_step::send_the_body) {
        topology_->heard(*at, reply->text);
        if (next == next_step::take_the_error) break;
        co_return std::unexpected("Redis sends the call from node to node");
      }
      put_together(which, write, course);
      how.until = steady_clock::now() + timeout_;
      reply = co_await at->execute(command_, how);
    }
    co_return reply;
  }

  store_outage refused(const script& which, std::string_view error) {
    std::string what = explain(error);
    if (!is_passing(error) && to_be_said(what)) {
      log::error("Redis refuses a script: events wait", {{"script", which.name}, {"what", what}});
    }
    return {std::move(what)};
  }

  store_outage not_understood(const script& which) {
    std::string what = "an answer of Redis to " + std::string(which.name) + " is not understood";
    if (to_be_said(what)) {
      log::error("an answer of Redis is not understood: is there a newer sendcode on the same Redis?",
                 {{"script", which.name}});
    }
    return {std::move(what)};
  }

  // Each kind once. Errors may repeat what was sent, so that kinds have no end: the bound keeps the memory.
  bool to_be_said(const std::string& what) { return said_.size() < said_max && said_.insert(what).second; }

  static constexpr std::size_t said_max = 32;
  const ports::clock& clock_;
  request_writer writer_;
  milliseconds timeout_;
  std::shared_ptr<topology> topology_;
  redis_command command_;  // of the call that is being written; encoded before anything else runs
  std::set<std::string> said_;
};

redis_code_store::redis_code_store(const boost::asio::any_io_executor& executor, redis_options options,
                                   const secret& subjects_key, const ports::clock& clock,
                                   std::function<void(bool up)> on_up)
    : caller_(std::make_unique<caller>(executor, std::move(options), subjects_key, clock, std::move(on_up))) {}

redis_code_store::~redis_code_store() = default;

void redis_code_store::start() {
  caller_->masters().start();
}
void redis_code_store::stop() {
  caller_->masters().stop();
}
bool redis_code_store::ready() const noexcept {
  return caller_->masters().ready();
}

awaitable<stored<ports::admit_reply>> redis_code_store::admit(const ports::admit_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().admit(command, request, caller_->now()); };
  co_return co_await caller_->call<ports::admit_reply>(admit_script, write, read_admit, kept_by::replicas);
}

awaitable<stored<ports::renew_reply>> redis_code_store::renew(const ports::renew_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().renew(command, request, caller_->now()); };
  co_return co_await caller_->call<ports::renew_reply>(renew_script, write, read_renew);
}

awaitable<stored<bool>> redis_code_store::release(const ports::renew_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().release(command, request); };
  co_return co_await caller_->call<bool>(release_script, write, read_release);
}

awaitable<stored<ports::settle_reply>> redis_code_store::settle(const ports::settle_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().settle(command, request, caller_->now()); };
  co_return co_await caller_->call<ports::settle_reply>(settle_script, write, read_settle);
}

awaitable<stored<ports::check_reply>> redis_code_store::check(const ports::check_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().check(command, request); };
  co_return co_await caller_->call<ports::check_reply>(check_script, write, read_check);
}

awaitable<stored<ports::consume_reply>> redis_code_store::consume(const ports::consume_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().consume(command, request); };
  co_return co_await caller_->call<ports::consume_reply>(consume_script, write, read_consume, kept_by::replicas);
}

awaitable<stored<std::optional<ports::challenge_view>>> redis_code_store::look(const ports::challenge_reference& of) {
  std::optional<domain::request_id> last;  // known from the challenge: its record is asked for the second time
  while (true) {
    auto write = [this, &of, &last](redis_command& command) { caller_->writer().state(command, of, last); };
    const auto reply = co_await caller_->call<state_reply>(state_script, write, read_state);
    if (!reply) co_return std::unexpected(reply.error());
    const auto& view = reply->view;
    if (last || !view || view->reason != domain::reason::none) co_return view;
    last = reply->last_request;
  }
}

awaitable<stored<ports::last_text>> redis_code_store::find_last_text(const ports::challenge_reference& of) {
  std::optional<domain::request_id> last;  // as in look()
  while (true) {
    auto write = [this, &of, &last](redis_command& command) { caller_->writer().state(command, of, last); };
    const auto reply = co_await caller_->call<state_reply>(state_script, write, read_state);
    if (!reply) co_return std::unexpected(reply.error());
    if (last || !reply->view) co_return to_last_text(*reply);
    last = reply->last_request;
  }
}

awaitable<stored<bool>> redis_code_store::cancel(const ports::challenge_reference& of, milliseconds life) {
  auto write = [this, &of, life](redis_command& command) { caller_->writer().cancel(command, of, life); };
  co_return co_await caller_->call<bool>(cancel_script, write, read_cancel);
}

awaitable<stored<ports::unlocked>> redis_code_store::unlock(const std::string& environment_id,
                                                            const std::string& phone) {
  auto write = [&](redis_command& command) { caller_->writer().unlock(command, environment_id, phone); };
  co_return co_await caller_->call<ports::unlocked>(unlock_script, write, read_unlock);
}

awaitable<stored<ports::answer_reply>> redis_code_store::recall(const ports::answer_request& request) {
  const ports::token token = caller_->writer().guess_token(request);
  auto write = [this, &request](redis_command& command) { caller_->writer().answer(command, request, {}); };
  auto read = [token](const redis_reply& reply) { return read_answer(reply, token); };
  co_return co_await caller_->call<ports::answer_reply>(answer_script, write, read);
}

awaitable<stored<ports::answer_reply>> redis_code_store::keep(const ports::answer_request& request,
                                                              const ports::given_answer& answer) {
  const ports::token token = caller_->writer().guess_token(request);
  const std::string bytes = pack_answer(answer);
  auto write = [&](redis_command& command) { caller_->writer().answer(command, request, bytes); };
  auto read = [token](const redis_reply& reply) { return read_answer(reply, token); };
  co_return co_await caller_->call<ports::answer_reply>(answer_script, write, read);
}

awaitable<stored<ports::usage_reply>> redis_code_store::usage(const ports::usage_request& request) {
  auto write = [this, &request](redis_command& command) { caller_->writer().usage(command, request, caller_->now()); };
  auto read = [&request](const redis_reply& reply) { return read_usage(reply, request.questions.size()); };
  co_return co_await caller_->call<ports::usage_reply>(usage_script, write, read);
}

awaitable<stored<ports::subjects_in_use>> redis_code_store::subjects(const std::string& environment_id,
                                                                     milliseconds most) {
  const auto until = steady_clock::now() + most;
  subject_collector collected(environment_id);
  std::string missing;
  std::string cursor = "0";
  do {
    if (steady_clock::now() >= until) {
      missing = "Redis has too many keys to look through in time";
      break;
    }
    redis_command command;
    command.add("SCAN").add(cursor).add("MATCH").add(collected.pattern()).add("COUNT").add(scanned_at_once);
    const reply_result reply = co_await caller_->ask(collected.pattern(), command);
    if (!reply) co_return std::unexpected(store_outage{reply.error()});
    if (reply->is_error()) {
      missing = explain(reply->text);  // such as a user who may not
      break;
    }
    const auto part = read_scan(*reply);
    if (!part) co_return std::unexpected(store_outage{"an answer of Redis to SCAN is not understood"});
    for (const redis_reply& key : *part->keys) collected.take(key.text);
    cursor = part->cursor;
  } while (cursor != "0");
  auto out = std::move(collected).found();
  out.missing = std::move(missing);
  co_return out;
}

}  // namespace sendcode::redis
