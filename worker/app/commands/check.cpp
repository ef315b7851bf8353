#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/config/rules.hpp"
#include "common/redaction.hpp"
#include "common/secret.hpp"
#include "common/url.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/terminal.hpp"
#include "worker/domain/event.hpp"

namespace sendcode::app {
namespace {

struct check_options {
  std::string url = "http://127.0.0.1:9464";
  std::string ca_file;
  std::string token_file;
  std::string environment;
  std::string application;
  std::string purpose = "sign_in";
  std::string phone;
  std::string country;
  std::string user;
  std::string challenge;
  std::string code;
};

std::optional<secret> read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token) || token.empty()) return std::nullopt;
  return secret(std::move(token));
}

ports::https_request make_request(const check_options& chosen, const ports::origin& to, const secret& token) {
  nlohmann::json body = {{"environment_id", chosen.environment},
                         {"application_id", chosen.application},
                         {"purpose", chosen.purpose},
                         {"phone_number", chosen.phone},
                         {"code", chosen.code}};
  if (!chosen.country.empty()) body["country"] = chosen.country;
  if (!chosen.user.empty()) body["user_id"] = chosen.user;
  ports::https_request out;
  out.method = "POST";
  out.to = &to;
  out.target = "/v1/challenges/" + chosen.challenge + "/check";
  out.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + std::string(token.expose())}};
  out.body = body.dump();
  return out;
}

using exchanged = std::expected<ports::https_response, ports::https_failure>;

exchanged run_exchange(ports::https_request& request) {
  boost::asio::io_context context(1);
  http_client::beast_https_client client(context);
  std::optional<exchanged> result;
  const auto work = [&]() -> awaitable<void> {
    result = co_await client.exchange(request, std::chrono::steady_clock::now() + std::chrono::seconds{10});
    client.close();
  };
  spawn(context.get_executor(), "check", work());
  context.run();
  return std::move(*result);
}

exit_code tell(const ports::https_response& response, const context& with) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (response.status == 200 && body.is_object() && body.contains("status") && body["status"].is_string()) {
    if (with.json) {
      with.out << body.dump() << '\n';
    } else {
      const auto status = body["status"].get<std::string>();
      with.out << painted(shown(status), colour_of(status), with.colours);
      if (body.contains("attempts_left")) with.out << " (attempts left: " << body["attempts_left"] << ')';
      with.out << '\n';
    }
    return body["status"] == "approved" ? exit_code::done : exit_code::said_no;
  }
  if (with.json && body.is_object()) with.out << body.dump() << '\n';
  with.err << "sendcode check: the worker answered " << response.status;
  if (body.is_object() && body.contains("detail")) with.err << ": " << shown(body["detail"].get<std::string>());
  with.err << '\n';
  // Neither counted the guess, and the same one may be made later.
  const bool later = response.status == 503 || response.status == 429;
  return later ? exit_code::unreachable : exit_code::wrong_use;
}

void check(const check_options& chosen, context& with) {
  const auto address = parse_url(chosen.url);
  if (!address) {
    with.err << "sendcode check: --url: " << address.error() << '\n';
    with.result = exit_code::wrong_use;
    return;
  }
  const auto token = read_token(chosen.token_file);
  if (!token) {
    with.err << "sendcode check: --token-file: cannot read a token from " << shown(chosen.token_file) << '\n';
    with.result = exit_code::wrong_use;
    return;
  }
  const ports::origin to{address->tls, address->host, address->port, chosen.ca_file};
  auto request = make_request(chosen, to, *token);
  const auto response = run_exchange(request);
  if (!response) {
    with.err << "sendcode check: " << chosen.url << ": " << response.error().what << ". Is the worker running there?\n";
    with.result = exit_code::unreachable;
    return;
  }
  with.result = tell(*response, with);
}

}  // namespace

void add_check_command(CLI::App& program, context& with) {
  auto chosen = std::make_shared<check_options>();
  auto* command = program.add_subcommand("check", "Ask the worker whether a code is right");
  command->add_option("code", chosen->code, "The six digits that the person typed")->required();
  command->add_option("--challenge", chosen->challenge, "The challenge id of the send-code event")
      ->required()
      ->check([](const std::string& text) {
        // It becomes a part of the address that is asked for.
        return domain::is_challenge_id(text) ? std::string() : "22 to 128 letters, digits, - and _";
      });
  command->add_option("--environment", chosen->environment, "Environment id")->required();
  command->add_option("--application", chosen->application, "Application id")->required();
  command->add_option("--phone", chosen->phone, "The phone number that was texted")->required();
  command
      ->add_option("--country", chosen->country,
                   "What a national number is read for, such as AU; else the environment's default country")
      ->check([](const std::string& text) {
        return config::country_code.accepts(text) ? std::string() : std::string(config::country_code.allowed);
      });
  command->add_option("--purpose", chosen->purpose, "sign_in or mfa")
      ->check(CLI::IsMember({"sign_in", "mfa"}))
      ->capture_default_str();
  command->add_option("--user", chosen->user, "User id, where the event had one");
  command->add_option("--token-file", chosen->token_file, "File with an API token (sendcode tokens new)")->required();
  command->add_option("--url", chosen->url, "The worker's internal address")->capture_default_str();
  command->add_option("--ca-file", chosen->ca_file, "CA of the internal port's certificate");
  command->footer(
      "Exit codes: 0 approved, 1 not approved, 2 wrong use, 3 ask again: the worker or its Redis could not be\n"
      "reached, or too many requests came with the token.\n\n"
      "Example:\n"
      "  sendcode check 123456 --challenge k3Jw9sQ2vT7yB4nH1cXzLg --environment env_live --application app_web \\\n"
      "    --phone +61491570006 --token-file api.token");
  command->callback([chosen, &with] { check(*chosen, with); });
}

}  // namespace sendcode::app
