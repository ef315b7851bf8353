#include "worker/app/commands/settings_usage_asked.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "worker/adapters/redis/redis_code_store.hpp"
#include "worker/app/redis_access.hpp"
#include "worker/app/system_clock.hpp"
#include "worker/codec/key_ring_document.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds look_most{10};  // through Redis' keys

ports::allowance_check allowance_of(const config::worker_config& config, const domain::environment_settings& of) {
  if (of.sms.twilio) return {.max = config.kinde_daily_limit, .monthly = false};
  return {.max = pipeline::kinde_monthly_allowance, .monthly = true};
}

using asked = std::expected<usage_report, std::string>;

struct wanted {
  const domain::environment_settings& of;
  ports::allowance_check allowance;
  usage_scope scope;
  const std::optional<domain::phone_number>& phone;
};

awaitable<asked> ask(redis::redis_code_store& store, const wanted& what) {
  usage_survey survey(what.of, what.allowance);
  if (what.scope == usage_scope::everything) {
    const auto found = co_await store.subjects(what.of.environment_id, look_most);
    if (!found) co_return std::unexpected(found.error().what);
    survey.ask_all(*found, what.phone);
  }
  const auto& questions = survey.questions();
  for (std::size_t from = 0; from < questions.size(); from += ports::usage_questions_max) {
    const auto count = std::min(ports::usage_questions_max, questions.size() - from);
    const auto begin = questions.begin() + static_cast<std::ptrdiff_t>(from);
    const ports::usage_request request{what.of.environment_id, {begin, begin + static_cast<std::ptrdiff_t>(count)}};
    const auto reply = co_await store.usage(request);
    if (!reply) co_return std::unexpected(reply.error().what);
    survey.take(from, *reply);
  }
  co_return std::move(survey).report();
}

awaitable<void> ask_and_stop(redis::redis_code_store& store, const wanted& what, asked& into) {
  into = co_await ask(store, what);
  store.stop();
}

}  // namespace

asked ask_usage(const config::worker_config& config, const domain::environment_settings& of, usage_scope scope,
                const std::optional<domain::phone_number>& phone) {
  const auto key = codec::read_single_key(config.keys.subjects.value->expose(), config.keys.subjects.name);
  if (!key) return std::unexpected(config::to_text(key.error()));
  auto options = to_redis_options(config.redis);
  const auto where = "Redis at " + redis::to_text(options.address) + ": ";
  boost::asio::io_context context(1);
  system_clock clock(context);
  redis::redis_code_store store(context.get_executor(), std::move(options), **key, clock);
  asked out = std::unexpected(std::string("it was not asked"));
  const wanted what{of, allowance_of(config, of), scope, phone};
  store.start();
  spawn(context.get_executor(), "settings usage", ask_and_stop(store, what, out));
  context.run();
  if (!out) return std::unexpected(where + out.error());
  return out;
}

}  // namespace sendcode::app
