#include "tests/sandbox/server/options.hpp"

#include <CLI/CLI.hpp>

namespace sendcode::sandbox {
namespace {

constexpr int wrong_use = 2;

// An option's "a:b" or "a:b:c", none empty.
std::vector<std::string> split(const std::string& option, const std::string& text, std::size_t parts) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (out.size() + 1 < parts) {
    const auto colon = text.find(':', start);
    if (colon == std::string::npos) break;
    out.push_back(text.substr(start, colon - start));
    start = colon + 1;
  }
  out.push_back(text.substr(start));
  for (const auto& part : out) {
    if (part.empty()) out.clear();
  }
  if (out.size() != parts)
    throw CLI::ValidationError(option, "needs " + std::to_string(parts) + " parts with ':' between them");
  return out;
}

}  // namespace

std::expected<options, int> read_options(int argc, const char* const* argv) {
  CLI::App app(
      "Stands in for Twilio's Messages API and for the Kinde sender over HTTPS.\n"
      "For tests, bench and demo alone: it sends nothing to anybody.",
      "sendcode-sandbox");
  app.footer(
      "example: sendcode-sandbox --ready-file /tmp/sandbox.json --kafka\n"
      "         curl --cacert \"$(jq -r .ca_file /tmp/sandbox.json)\" \"$(jq -r .base_url "
      "/tmp/sandbox.json)/sandbox/counts\"");
  options out;
  std::vector<std::string> accounts;
  std::vector<std::string> keys;
  std::vector<std::string> clients;
  std::int64_t latency_ms = 0;
  app.add_option("--ready-file", out.ready_file, "written when ready: ports, CA, bootstrap address (JSON)")->required();
  app.add_option("--listen", out.listen, "HTTPS, Twilio and everything else")->capture_default_str();
  app.add_option("--kinde-listen", out.kinde_listen, "HTTPS, the same; a 'refuse' of kinde or token strikes here")
      ->capture_default_str();
  app.add_option("--control-listen", out.control_listen, "plain HTTP, /sandbox/... alone; loopback")
      ->capture_default_str();
  app.add_option("--directory", out.directory,
                 "for the CA and the certificate (default: a fresh one, removed at the end)");
  app.add_flag("--kafka", out.kafka, "serve librdkafka's mock cluster with sendcode's four topics");
  app.add_option("--partitions", out.partitions, "of each topic but sms.settings")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  app.add_option("--account", accounts, "AC...:token, repeatable; without it any account with any credentials");
  app.add_option("--api-key", keys, "AC...:SK...:secret, repeatable; beside --account");
  app.add_option("--kinde-client", clients, "id:secret, repeatable; without it any client");
  app.add_option("--latency", latency_ms, "of every sender's answer, in ms")
      ->capture_default_str()
      ->check(CLI::Range(0, 600'000));
  try {
    app.parse(argc, argv);
    for (const auto& one : accounts) {
      const auto parts = split("--account", one, 2);
      out.with.accounts.push_back({parts[0], parts[1]});
    }
    for (const auto& one : keys) {
      const auto parts = split("--api-key", one, 3);
      out.with.api_keys.push_back({parts[0], parts[1], parts[2]});
    }
    for (const auto& one : clients) {
      const auto parts = split("--kinde-client", one, 2);
      out.with.clients.push_back({parts[0], parts[1]});
    }
  } catch (const CLI::ParseError& e) {
    return std::unexpected(app.exit(e) == 0 ? 0 : wrong_use);
  }
  out.with.latency = milliseconds{latency_ms};
  return out;
}

}  // namespace sendcode::sandbox
