// `doctor`: asks everything that a worker needs, and says what to do.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "common/logging.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/adapters/kafka/topic_inspection.hpp"
#include "worker/adapters/redis/inspection.hpp"
#include "worker/adapters/senders/kinde_sender.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/settings_on_topic.hpp"
#include "worker/app/shard_thread.hpp"
#include "worker/app/system_clock.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;

constexpr std::chrono::seconds ask_most{5};  // each question

class doctor {
 public:
  doctor(const config::worker_config& config, context& with) : config_(config), with_(with) {}

  exit_code examine();

 private:
  void ask_settings();
  void ask_kafka();
  void ask_servers();
  awaitable<void> ask_each(http_client::beast_https_client& client, system_clock& clock);
  awaitable<void> ask_redis();
  awaitable<void> ask_twilio(ports::https_client& client, ports::clock& clock);
  awaitable<void> ask_account(senders::twilio_sender& twilio, const domain::environment_settings& environment,
                              ports::clock& clock);
  awaitable<void> ask_kinde(ports::https_client& client, ports::clock& clock);
  void tell(finding found);

  const config::worker_config& config_;
  context& with_;
  domain::settings_ptr settings_;
  seconds code_life_{600};
  state worst_ = state::ok;
};

exit_code doctor::examine() {
  ask_settings();
  ask_kafka();
  ask_servers();
  return worst_ == state::unreachable ? exit_code::unreachable
         : worst_ == state::wrong     ? exit_code::said_no
                                      : exit_code::done;
}

void doctor::tell(finding found) {
  worst_ = std::max(worst_, found.is);
  with_.out << (with_.json ? to_json(found).dump() : to_line(found)) << std::endl;  // the next one may take a while
}

void doctor::ask_settings() {
  const config::secrets_directory secrets(config_.secrets_directory);
  const auto result = with_.result;
  settings_ = read_settings(config_, secrets, "doctor", with_);
  with_.result = result;
  if (settings_ == nullptr) {
    const bool local = !config_.settings.directory.empty();
    tell({.is = local ? state::wrong : state::unreachable,
          .about = "settings",
          .detail = "cannot be read",
          .advice = "what the line before says"});
    return;
  }
  for (const auto& name : settings_->broken) {
    tell({.is = state::wrong,
          .about = "settings of " + name,
          .detail = "not valid",
          .advice = "its events are held until it is: the lines before say what is wrong"});
  }
  seconds longest{0};
  for (const auto& [name, environment] : settings_->environments)
    longest = std::max(longest, environment->sms.code_ttl);
  if (longest.count() > 0) code_life_ = longest;
  tell({.is = settings_->environments.empty() ? state::wrong : state::ok,
        .about = "settings",
        .detail = std::to_string(settings_->environments.size()) +
                  (settings_->environments.size() == 1 ? " environment" : " environments"),
        .advice = settings_->environments.empty() ? "every event will be unknown_environment" : ""});
}

void doctor::ask_kafka() {
  const auto& kafka = config_.kafka;
  std::vector<std::pair<std::string, topic_use>> uses = {{kafka.send_code_topic, topic_use::send_code},
                                                         {kafka.delivery_status_topic, topic_use::delivery_status},
                                                         {kafka.dead_letter_topic, topic_use::dead_letter}};
  if (config_.settings.directory.empty()) uses.emplace_back(kafka.settings_topic, topic_use::settings);
  std::vector<std::string> names;
  for (const auto& [name, use] : uses) names.push_back(name);
  const auto topics = kafka::inspect_topics(to_properties(kafka), names, ask_most);
  if (!topics) {
    tell({.is = state::unreachable,
          .about = "kafka",
          .detail = topics.error(),
          .advice = "check kafka.properties, and that the brokers run"});
    return;
  }
  tell({.about = "kafka", .detail = "answers"});
  for (std::size_t i = 0; i < uses.size(); ++i) tell(judge_topic((*topics)[i], uses[i].second, code_life_));
}

void doctor::ask_servers() {
  boost::asio::io_context context(1);
  system_clock clock(context);
  http_client::beast_https_client client(context);
  spawn(context.get_executor(), "doctor", ask_each(client, clock));
  context.run();
}

awaitable<void> doctor::ask_each(http_client::beast_https_client& client, system_clock& clock) {
  co_await ask_redis();
  co_await ask_twilio(client, clock);
  co_await ask_kinde(client, clock);
  client.close();
}

awaitable<void> doctor::ask_redis() {
  auto executor = co_await boost::asio::this_coro::executor;
  const auto masters = co_await redis::inspect(executor, to_redis_options(config_.redis));
  for (auto& found : judge_redis(masters, config_.redis.dedupe_ttl)) tell(std::move(found));
}

awaitable<void> doctor::ask_twilio(ports::https_client& client, ports::clock& clock) {
  if (settings_ == nullptr) co_return;
  senders::twilio_sender twilio(client, clock, {config_.twilio.base_url, config_.twilio.ca_file.string()});
  for (const auto& [name, environment] : settings_->environments) {
    if (environment->sms.twilio) co_await ask_account(twilio, *environment, clock);
  }
}

awaitable<void> doctor::ask_account(senders::twilio_sender& twilio, const domain::environment_settings& environment,
                                    ports::clock& clock) {
  const auto about = "twilio account of " + environment.environment_id;
  if (const auto missing = environment.missing_secret(); !missing.empty()) {
    tell({.is = state::wrong,
          .about = about,
          .detail = "the secret " + missing + " is missing",
          .advice = "put it into " + (config_.secrets_directory / missing).string()});
    co_return;
  }
  const auto unreachable = [&](const std::string& why) {
    tell({.is = state::unreachable,
          .about = about,
          .detail = why,
          .advice = "check senders.twilio.base_url, and that this machine may connect to it"});
  };
  const auto& account = *environment.sms.twilio;
  const auto answer = co_await twilio.ask_account(account, clock.steady_now() + ask_most);
  if (!answer) co_return unreachable(answer.error());
  tell(judge_account(about, *answer));
  if (account.api_key_sid.empty()) co_return;
  const auto status = co_await twilio.try_credentials(account, clock.steady_now() + ask_most);
  if (!status) co_return unreachable(status.error());
  tell(judge_credentials("twilio API key of " + environment.environment_id, *status));
}

awaitable<void> doctor::ask_kinde(ports::https_client& client, ports::clock& clock) {
  if (!config_.kinde) co_return;
  const auto& kinde = *config_.kinde;
  senders::kinde_sender sender(client, clock,
                               {kinde.base_url, kinde.token_url, kinde.audience, kinde.client_id,
                                kinde.client_secret.value, kinde.ca_file.string()});
  const auto token = co_await sender.try_token(clock.steady_now() + ask_most);
  if (token) {
    tell({.about = "kinde sender", .detail = "gives a token"});
    co_return;
  }
  const bool refused = token.error().outcome == domain::answer_class::account;
  tell({.is = refused ? state::wrong : state::unreachable,
        .about = "kinde sender",
        .detail =
            token.error().http_status == 0 ? "does not answer" : "HTTP " + std::to_string(token.error().http_status),
        .advice = refused ? "it refuses a token: check senders.kinde.client_id, client_secret and audience"
                          : "check senders.kinde.token_url, and that this machine may connect to it"});
}

}  // namespace

void add_doctor_command(CLI::App& program, context& with) {
  auto file = std::make_shared<std::string>("worker.yaml");
  auto* command = program.add_subcommand("doctor", "Ask Kafka, Redis and the senders, and say what is wrong");
  command->add_option("--config", *file, "worker.yaml")->capture_default_str();
  command->footer(
      "Asks and changes nothing: the topics and how long they keep records, each Redis master's role, memory\n"
      "and clock, each environment's Twilio account, the Kinde sender's token. Each line says what was found, and what "
      "to do.\n"
      "Exit codes: 0 all well, 1 something is wrong, 2 the configuration is, 3 something could not be reached.\n\n"
      "Examples:\n"
      "  sendcode doctor --config worker.yaml\n"
      "  sendcode doctor --json | jq 'select(.state != \"ok\")'");
  command->callback([file, &with] {
    log::set_up(log::level::error, log::format::text);  // what servers answer is told here
    const auto config = load_config(*file, "doctor", with);
    if (config) with.result = doctor(*config, with).examine();
  });
}

}  // namespace sendcode::app
