// `doctor`: asks everything that a worker needs, and says what to do.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/doctor_findings.hpp"
#include "worker/app/commands/doctor_kafka.hpp"
#include "worker/app/commands/doctor_keys.hpp"
#include "worker/app/commands/doctor_kinde.hpp"
#include "worker/app/commands/doctor_ports.hpp"
#include "worker/app/commands/doctor_redis.hpp"
#include "worker/app/commands/doctor_secrets.hpp"
#include "worker/app/commands/doctor_twilio.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/settings_on_topic.hpp"
#include "worker/app/shard_thread.hpp"
#include "worker/app/system_clock.hpp"

namespace sendcode::app {
namespace {

using state = finding::state;

class doctor {
 public:
  doctor(const config::worker_config& config, context& with) : config_(config), with_(with) {}

  exit_code examine();

 private:
  void examine_settings();
  void examine_servers();
  awaitable<void> ask_servers(http_client::beast_https_client& client, system_clock& clock);
  void tell(finding found);

  const config::worker_config& config_;
  context& with_;
  const teller tell_ = [this](finding found) { tell(std::move(found)); };
  domain::settings_ptr settings_;
  seconds code_life_{600};
  state worst_ = state::ok;
};

exit_code doctor::examine() {
  examine_settings();
  examine_secrets(config_, settings_.get(), tell_);
  examine_keys(config_, code_life_, tell_);
  examine_kafka(config_, code_life_, tell_);
  examine_servers();
  return worst_ == state::unreachable ? exit_code::unreachable
         : worst_ == state::wrong     ? exit_code::said_no
                                      : exit_code::done;
}

void doctor::tell(finding found) {
  worst_ = std::max(worst_, found.is);
  // The next one may take a while.
  with_.out << (with_.json ? to_json(found).dump() : to_line(found, with_.colours)) << std::endl;
}

void doctor::examine_settings() {
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
  for (const auto& [name, environment] : settings_->environments) {
    longest = std::max(longest, environment->sms.code_ttl);
  }
  if (longest.count() > 0) code_life_ = longest;
  tell({.is = settings_->environments.empty() ? state::wrong : state::ok,
        .about = "settings",
        .detail = std::to_string(settings_->environments.size()) +
                  (settings_->environments.size() == 1 ? " environment" : " environments"),
        .advice = settings_->environments.empty() ? "every event will be unknown_environment" : ""});
}

void doctor::examine_servers() {
  boost::asio::io_context context(1);
  system_clock clock(context);
  http_client::beast_https_client client(context);
  spawn(context.get_executor(), "doctor", ask_servers(client, clock));
  context.run();
}

awaitable<void> doctor::ask_servers(http_client::beast_https_client& client, system_clock& clock) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto redis = to_redis_options(config_.redis);
  co_await examine_redis(executor, std::move(redis), tell_);
  if (settings_ != nullptr) co_await examine_twilio(client, clock, config_, *settings_, tell_);
  co_await examine_kinde(client, clock, config_, tell_);
  co_await examine_ports(client, clock, config_, tell_);
  client.close();
}

}  // namespace

void add_doctor_command(CLI::App& program, context& with) {
  auto file = std::make_shared<std::string>("worker.yaml");
  auto* command = program.add_subcommand("doctor", "Ask Kafka, Redis and the senders, and say what is wrong");
  command->add_option("--config", *file, "worker.yaml")->capture_default_str();
  command->footer(
      "Asks and changes nothing: settings, secrets and who else may read them, key rings and API tokens and when they\n"
      "end, the topics, how long they keep records and how many brokers do, each Redis master's version, role,\n"
      "persistence, memory, latency and clock, each environment's Twilio account, its region and its source, the "
      "Kinde\n"
      "sender's token, and whether the worker's ports are free or a worker's. Each line says what was found, and what "
      "to\n"
      "do. A messaging service is asked for on messaging.twilio.com.\n"
      "Exit codes: 0 all well (warnings and what is unknown too), 1 something is wrong, 2 the configuration is, 3\n"
      "something could not be reached.\n\n"
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
