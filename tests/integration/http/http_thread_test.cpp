// How the internal port's thread ends.
#include "worker/app/http_thread.hpp"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "tests/catch.hpp"
#include "tests/integration/http/run.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;
using namespace std::chrono_literals;

namespace {

class no_stream final : public ports::event_stream {
 public:
  void publish(ports::outgoing_record, std::optional<ports::record_position>) override {}
  void drop(ports::record_position) override {}
};

config::worker_config configuration(const std::filesystem::path& secrets) {
  config::worker_config out;
  out.redis.hosts = {{"127.0.0.1", 1}};  // nobody listens there
  out.secrets_directory = secrets;
  out.internal_http.listen = {"127.0.0.1", 0};
  out.internal_http.tokens = config::named_secret{"api_tokens", nullptr};
  return out;
}

unsigned ask_whether_alive(std::uint16_t port) {
  boost::asio::io_context context;
  http_client::beast_https_client client(context);
  const ports::origin to{.tls = false, .host = "127.0.0.1", .port = port, .ca_file = ""};
  ports::https_request request;
  request.method = "GET";
  request.to = &to;
  request.target = "/livez";
  const auto got = tests::run(context, client.exchange(request, std::chrono::steady_clock::now() + 10s));
  client.close();
  return got ? got->status : 0;
}

bool sleeps(pid_t thread) {
  std::string line;
  std::getline(std::ifstream("/proc/self/task/" + std::to_string(thread) + "/stat"), line);
  const auto name_ends = line.rfind(") ");
  return name_ends != std::string::npos && line[name_ends + 2] == 'S';
}

}  // namespace

TEST_CASE("the last answers get their time though the tokens are to be read again just then", "[http_thread]") {
  const testing::temporary_directory secrets;
  secrets.write("api_tokens", "[]");
  const auto config = configuration(secrets.path());
  const secret subjects(std::string(32, 's'));
  no_stream stream;
  metrics::registry metrics;
  std::unique_ptr<app::http_thread> thread;
  std::promise<void> entered;
  std::promise<void> leave;  // goes before the thread does, and with it whatever waits
  app::http_thread::probes ask;
  ask.alive = [&, may_leave = leave.get_future().share()] {
    entered.set_value();
    may_leave.wait();
    return true;
  };
  auto made = app::http_thread::make(config, subjects, stream, metrics, {}, ask);
  REQUIRE(made);
  thread = std::move(*made);
  thread->start();

  // The thread is kept from its work until both are due: the tokens' reload, a second after the last, and its end.
  auto answered = std::async(std::launch::async, ask_whether_alive, thread->port());
  REQUIRE(entered.get_future().wait_for(10s) == std::future_status::ready);
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + 1s);
  std::atomic<pid_t> stopper{0};
  auto stopped = std::async(std::launch::async, [&] {
    stopper = ::gettid();
    thread->stop();
    return std::chrono::steady_clock::now();
  });
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while ((stopper == 0 || !sleeps(stopper)) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  const auto released = std::chrono::steady_clock::now();
  leave.set_value();
  CHECK(stopped.get() - released >= 300ms);
  CHECK(answered.get() == 200);
}
