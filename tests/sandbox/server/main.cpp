#include <stdlib.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <random>

#include "common/logging.hpp"
#include "tests/sandbox/server/certificates.hpp"
#include "tests/sandbox/server/http_server.hpp"
#include "tests/sandbox/server/kafka_cluster.hpp"
#include "tests/sandbox/server/options.hpp"
#include "tests/sandbox/server/ready_file.hpp"

namespace sendcode::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr rlim_t descriptors_wanted = 8192;
constexpr int failed_start = 1;

// The folder of the CA: the one asked for, which stays, or a fresh one, which goes with the object.
class folder {
 public:
  explicit folder(const std::string& wanted) : path_(wanted), passing_(wanted.empty()) {
    if (!passing_) return;
    auto name = (fs::temp_directory_path() / "sendcode-sandbox-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    if (passing_) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
  bool passing_;
};

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= descriptors_wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, descriptors_wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < descriptors_wanted) {
    log::warn("fewer descriptors than connections allowed for",
              {{"descriptors", static_cast<std::size_t>(limit.rlim_cur)}});
  }
}

std::uint16_t listen(http_server& on, door which, const std::string& where) {
  const auto port = on.listen(which, where);
  if (!port) throw std::runtime_error(port.error());
  return *port;
}

void run(options asked) {
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  fs::remove(asked.ready_file);  // one of an earlier run would mislead

  const folder place(asked.directory);
  const auto files = make_certificates(fs::absolute(place.path()));
  asked.with.seed = std::random_device()() | std::uint64_t{std::random_device()()} << 32;
  sandbox core(std::move(asked.with));
  http_server server(io, core, files);
  ready what;
  what.ca_file = files.ca;
  what.port = listen(server, door::twilio, asked.listen);
  what.kinde_port = listen(server, door::kinde, asked.kinde_listen);
  what.control_port = listen(server, door::control, asked.control_listen);
  std::optional<kafka_cluster> kafka;
  if (asked.kafka) {
    kafka.emplace(asked.partitions);
    what.kafka = kafka->bootstrap();
  }
  write_ready_file(asked.ready_file, what);
  log::info("sendcode-sandbox is ready; it stands in for Twilio and Kinde, for tests, bench and demo alone",
            {{"port", what.port},
             {"kinde_port", what.kinde_port},
             {"control_port", what.control_port},
             {"kafka", what.kafka}});
  io.run();
  std::error_code ignored;
  fs::remove(asked.ready_file, ignored);
}

}  // namespace
}  // namespace sendcode::sandbox

int main(int argc, char** argv) {
  auto asked = sendcode::sandbox::read_options(argc, argv);
  if (!asked) return asked.error();
  sendcode::log::set_up(sendcode::log::level::info, sendcode::log::format::automatic);
  sendcode::sandbox::raise_descriptor_limit();
  try {
    sendcode::sandbox::run(*std::move(asked));
  } catch (const std::exception& e) {
    sendcode::log::error("sendcode-sandbox does not start", {{"why", e.what()}});
    return sendcode::sandbox::failed_start;
  }
  return 0;
}
