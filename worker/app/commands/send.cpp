#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/config/rules.hpp"
#include "common/crypto.hpp"
#include "common/redaction.hpp"
#include "common/timestamp.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/adapters/kafka/record_writer.hpp"
#include "worker/app/commands/awaited_statuses.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/status_lines.hpp"
#include "worker/codec/event_decoder.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds write_most{30};
constexpr std::size_t events_max = 100'000;  // of one file

struct send_options {
  std::string config = "worker.yaml";
  std::string file;
  nlohmann::json data = nlohmann::json::object();  // of the one event that the options describe
  std::string id;
  std::string source = "/sendcode/cli";
  std::string time;
  std::uint32_t wait_s = 0;
  bool receipts = false;
};

struct event_to_send {
  nlohmann::json data;
  std::string id;
  std::string source;
  std::string time;
  std::string request_id;  // in hex
};

std::string random_id() {
  byte_array<16> bytes;
  fill_random(bytes);
  return to_base64url(as_text(bytes));
}

std::string take(nlohmann::json& from, const char* name, std::string fallback) {
  const auto found = from.find(name);
  if (found == from.end() || !found->is_string()) return fallback;
  auto out = found->get<std::string>();
  from.erase(found);
  return out;
}

// Fills in what a person need not think of, and decodes the result as a worker would, so that what is wrong is told
// here.
std::expected<event_to_send, std::string> complete(nlohmann::json data, const send_options& chosen) {
  event_to_send out;
  out.id = take(data, "id", chosen.id.empty() ? random_id() : chosen.id);
  out.source = take(data, "source", chosen.source);
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  out.time = take(data, "time", chosen.time.empty() ? to_rfc3339(now) : chosen.time);
  if (!data.contains("purpose")) data["purpose"] = "sign_in";
  if (!data.contains("challenge_id")) data["challenge_id"] = random_id();
  const auto environment = data.find("environment_id");
  if (data["purpose"] == "sign_in" && !data.contains("connection_id") && environment != data.end() &&
      environment->is_string()) {
    data["connection_id"] = domain::derive_connection_id(environment->get<std::string>());
  }
  out.data = std::move(data);

  const std::string value = out.data.dump();
  const std::vector<domain::record_header> headers = {{"ce_specversion", "1.0"},
                                                      {"ce_type", "io.sendcode.send-code.v1"},
                                                      {"ce_source", out.source},
                                                      {"ce_id", out.id},
                                                      {"ce_time", out.time}};
  const auto decoded = codec::decode_event(headers, value);
  if (!decoded) return std::unexpected(decoded.error().detail);
  out.request_id = to_hex(as_text(decoded->request_id));
  return out;
}

std::string refusal(const std::string& why) {
  return "the event would be refused: " + why + " (docs/contract.md has each field with its limits)";
}

std::expected<std::vector<event_to_send>, std::string> read_events(const send_options& chosen) {
  std::vector<event_to_send> out;
  if (chosen.file.empty()) {
    auto event = complete(chosen.data, chosen);
    if (!event) return std::unexpected(refusal(event.error()));
    out.push_back(std::move(*event));
    return out;
  }
  std::ifstream opened;
  const bool piped = chosen.file == "-";
  if (!piped) opened.open(chosen.file);
  if (!piped && !opened) return std::unexpected("cannot read " + shown(chosen.file));
  std::istream& in = piped ? std::cin : opened;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    auto data = nlohmann::json::parse(line, nullptr, false);
    const auto at = shown(chosen.file) + ":" + std::to_string(number) + ": ";
    if (!data.is_object()) return std::unexpected(at + "not a JSON object");
    auto event = complete(std::move(data), chosen);
    if (!event) return std::unexpected(at + refusal(event.error()));
    if (out.size() == events_max) return std::unexpected(at + "more than 100000 events in one file");
    out.push_back(std::move(*event));
  }
  if (out.empty()) return std::unexpected(shown(chosen.file) + ": no event in it");
  return out;
}

kafka::written_record to_record(const event_to_send& event) {
  return {.key = event.data["phone_number"].get<std::string>(),
          .headers = {{"ce_specversion", "1.0"},
                      {"ce_type", "io.sendcode.send-code.v1"},
                      {"ce_source", event.source},
                      {"ce_id", event.id},
                      {"ce_time", event.time},
                      {"content-type", "application/json"}},
          .value = event.data.dump()};
}

void tell_sent(const std::vector<event_to_send>& events, const context& with) {
  for (const auto& event : events) {
    const auto& challenge = event.data["challenge_id"].get_ref<const std::string&>();
    if (with.json) {
      with.out << nlohmann::json{{"request_id", event.request_id}, {"challenge_id", challenge}, {"id", event.id}}.dump()
               << '\n';
    } else {
      with.out << "request " << event.request_id << "  challenge " << challenge << '\n';
    }
  }
  with.out.flush();
}

// Shows each status as it comes. Exit code: done if every code was sent, and none of the receipts says otherwise.
exit_code wait_for_outcomes(kafka::record_reader& reader, const std::vector<event_to_send>& events,
                            const send_options& chosen, const context& with) {
  std::vector<std::string> ids;
  ids.reserve(events.size());
  std::ranges::transform(events, std::back_inserter(ids), &event_to_send::request_id);
  awaited_statuses awaited(ids, chosen.receipts);
  const auto each = [&](const kafka::read_record& record) {
    if (awaited.take(record)) {
      with.out << status_line(record, {.json = with.json, .colours = with.colours}) << std::endl;
    }
    return !awaited.complete();
  };
  const auto end = reader.read(each, std::chrono::seconds(chosen.wait_s));
  if (!with.json && awaited.requests() > 1) with.out << awaited.summary() << std::endl;
  if (end && *end == kafka::read_result::stopped) return awaited.all_well() ? exit_code::done : exit_code::said_no;
  with.err << "sendcode send: " << (end ? "" : end.error() + ": ");
  if (const auto missing = awaited.without_outcome(); missing > 0) {
    with.err << "no outcome of " << missing << " of " << awaited.requests() << " events within " << chosen.wait_s
             << " s. Is a worker running on this topic?\n";
  } else {
    with.err << "no last receipt of " << awaited.without_receipt() << " of " << awaited.requests() << " texts within "
             << chosen.wait_s << " s. Is senders.twilio.status_callback_url set, and can Twilio reach it?\n";
  }
  return exit_code::unreachable;
}

exit_code send(const send_options& chosen, context& with) {
  const auto loaded = load_config(chosen.config, "send", with);
  if (!loaded) return exit_code::wrong_use;
  const auto events = read_events(chosen);
  if (!events) {
    with.err << "sendcode send: " << events.error() << '\n';
    return exit_code::wrong_use;
  }
  const auto properties = to_properties(loaded->kafka);
  std::optional<kafka::record_reader> reader;
  if (chosen.wait_s > 0) {
    // Before anything is sent, so that no outcome is missed.
    auto opened = kafka::record_reader::open(properties, loaded->kafka.delivery_status_topic, {}, open_most);
    if (!opened) {
      with.err << "sendcode send: " << opened.error() << '\n';
      return exit_code::unreachable;
    }
    reader = std::move(*opened);
  }
  auto writer = kafka::record_writer::open(properties, loaded->kafka.send_code_topic, open_most);
  if (!writer) {
    with.err << "sendcode send: " << writer.error() << '\n';
    return exit_code::unreachable;
  }
  std::vector<kafka::written_record> records;
  records.reserve(events->size());
  std::ranges::transform(*events, std::back_inserter(records), to_record);
  if (const auto written = writer->write(records, write_most); !written) {
    with.err << "sendcode send: " << written.error() << '\n';
    return exit_code::unreachable;
  }
  tell_sent(*events, with);
  return reader ? wait_for_outcomes(*reader, *events, chosen, with) : exit_code::done;
}

}  // namespace

void add_send_command(CLI::App& program, context& with) {
  auto chosen = std::make_shared<send_options>();
  auto* command = program.add_subcommand("send", "Put send-code events on Kafka, as a sign-in service does");
  command->add_option("--config", chosen->config, "worker.yaml: where Kafka is")->capture_default_str();
  std::vector<CLI::Option*> of_one_event;
  const auto member = [&](const char* option, const char* name, const char* help) {
    of_one_event.push_back(command->add_option_function<std::string>(
        option, [chosen, name](const std::string& value) { chosen->data[name] = value; }, help));
    return of_one_event.back();
  };
  member("--phone", "phone_number", "Who is to be texted, such as +61491570006");
  member("--environment", "environment_id", "Environment id");
  member("--application", "application_id", "Application id");
  member("--challenge", "challenge_id", "Challenge id: the same one for a resend; else a new one");
  member("--purpose", "purpose", "sign_in (default) or mfa")->check(CLI::IsMember({"sign_in", "mfa"}));
  member("--connection", "connection_id", "Connection id; else the environment's own");
  member("--country", "country", "Country of a national number, such as AU")->check([](const std::string& text) {
    return config::country_code.accepts(text) ? std::string() : std::string(config::country_code.allowed);
  });
  member("--locale", "locale", "Language of the text, such as en-AU");
  member("--client-ip", "client_ip", "Address of the person's browser, for limits");
  member("--user", "user_id", "User id; needed for mfa");
  member("--device-token", "device_token", "What `check` returned to this device");
  of_one_event.push_back(
      command->add_option("--id", chosen->id, "CloudEvents id; the same id again is the same event"));
  command->add_option("--source", chosen->source, "CloudEvents source")->capture_default_str();
  command->add_option("--time", chosen->time, "When the code was asked for (RFC 3339); else now");
  auto* file = command->add_option(
      "--file", chosen->file,
      "Events, one JSON object a line: the data, and `id`, `source`, `time` if wanted; - is standard input");
  for (auto* each : of_one_event) file->excludes(each);
  command->add_option("--wait", chosen->wait_s, "Wait this many seconds for the outcomes (30 if no number is given)")
      ->expected(0, 1)
      ->default_str("30");
  command->add_flag("--receipts", chosen->receipts,
                    "Wait for Twilio's last receipt of each text too; without --wait it is --wait 30");
  command->footer(
      "Each outcome is shown as it comes, in the columns of `sendcode watch`.\n"
      "Exit codes: 0 written (with --wait: every code was sent), 1 an outcome was another, or a text was not "
      "delivered,\n"
      "2 wrong use, 3 Kafka, a worker or a receipt did not come in time.\n\n"
      "Examples:\n"
      "  sendcode send --environment env_live --application app_web --phone +61491570006 --wait\n"
      "  sendcode send --environment env_live --application app_web --phone +61491570006 --receipts --wait 60\n"
      "  sendcode send --file events.jsonl --wait 60 --json");
  command->callback([chosen, command, &with] {
    if (chosen->file.empty() && !command->count("--phone")) {
      with.err << "sendcode send: say whom to text: --phone, --environment and --application, or --file\n";
      with.result = exit_code::wrong_use;
      return;
    }
    const bool waits = command->count("--wait") > 0 || chosen->receipts;
    if (waits && chosen->wait_s == 0) chosen->wait_s = 30;
    with.result = send(*chosen, with);
  });
}

}  // namespace sendcode::app
