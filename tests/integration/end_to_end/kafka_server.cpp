#include "tests/integration/end_to_end/kafka_server.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tests/integration/end_to_end/process.hpp"

namespace sendcode::e2e {
namespace {

// The first start may fetch Kafka.
constexpr std::chrono::minutes start_most{5};

struct shared {
  std::unique_ptr<kafka_server> own;
  std::string bootstrap;

  shared() {
    const char* const given = std::getenv("KAFKA_BOOTSTRAP");
    if (given != nullptr && *given != '\0') {
      bootstrap = given;
      return;
    }
    own = std::make_unique<kafka_server>(redis_tests::free_port());
    own->start();
    bootstrap = own->bootstrap();
    setenv("KAFKA_BOOTSTRAP", bootstrap.c_str(), 1);
  }
};

}  // namespace

kafka_server::kafka_server(std::uint16_t port) : port_(port) {}

kafka_server::~kafka_server() {
  kill();
}

void kafka_server::kill() {
  run("kill");
}

void kafka_server::start() {
  if (run("start") != 0) {
    throw std::runtime_error("deploy/local/kafka start failed:\n" + read_file(folder_.path() / "command.log"));
  }
}

int kafka_server::run(const std::string& command) {
  std::vector<std::string> words{SENDCODE_LOCAL "/kafka", command, "--data", data().string()};
  if (command == "start") words.insert(words.end(), {"--port", std::to_string(port_)});
  process running(std::move(words), folder_.path() / "command.log");
  return running.wait(start_most).value_or(-1);
}

const std::string& shared_kafka() {
  static const shared one;
  return one.bootstrap;
}

}  // namespace sendcode::e2e
