#include "tests/integration/redis/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace sendcode::redis_tests {
namespace {

using redis::redis_reply;

redis_reply copy(const redisReply& from) {
  redis_reply to;
  switch (from.type) {
    case REDIS_REPLY_STRING:
      to.type = redis_reply::kind::text;
      break;
    case REDIS_REPLY_STATUS:
      to.type = redis_reply::kind::status;
      break;
    case REDIS_REPLY_ERROR:
      to.type = redis_reply::kind::error;
      break;
    case REDIS_REPLY_INTEGER:
      to.type = redis_reply::kind::integer;
      break;
    case REDIS_REPLY_ARRAY:
      to.type = redis_reply::kind::array;
      break;
    default:
      to.type = redis_reply::kind::nil;
  }
  if (from.str != nullptr) to.text.assign(from.str, static_cast<std::size_t>(from.len));
  to.integer = from.integer;
  for (std::size_t i = 0; i < static_cast<std::size_t>(from.elements); ++i) {
    to.elements.push_back(copy(*from.element[i]));
  }
  return to;
}

bool answers(std::uint16_t port) {
  redisContext* context = redisConnectWithTimeout("127.0.0.1", port, timeval{1, 0});
  if (context == nullptr) return false;
  bool alive = context->err == 0;
  if (alive) {
    auto* reply = static_cast<redisReply*>(redisCommand(context, "PING"));
    // NOAUTH is an answer too; LOADING is none: its data are not there yet.
    alive =
        reply != nullptr && (reply->type != REDIS_REPLY_ERROR || !std::string_view(reply->str).starts_with("LOADING"));
    if (reply != nullptr) freeReplyObject(reply);
  }
  redisFree(context);
  return alive;
}

}  // namespace

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

temporary_folder::temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sendcode-redis-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

redis_server::redis_server(std::vector<std::string> options) : options_(std::move(options)), port_(free_port()) {
  start();
}

redis_server::redis_server(sentinel as, std::vector<std::string> options)
    : sentinel_file_(folder_.path() / "sentinel.conf"), options_(std::move(options)), port_(free_port()) {
  std::ofstream file(sentinel_file_);
  for (const std::string& line : as.lines) file << line << '\n';
  file.close();
  start();
}

redis_server::~redis_server() {
  stop();
}

void redis_server::start() {
  std::vector<std::string> words{"redis-server"};
  if (!sentinel_file_.empty()) words.insert(words.end(), {sentinel_file_.string(), "--sentinel"});
  words.insert(words.end(),
               {"--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                folder_.path().string(), "--logfile", "redis.log", "--repl-diskless-sync-delay", "0"});
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(nothing, 1);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("fork failed");
  wait_until_it_answers();
}

void redis_server::wait_until_it_answers() const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!answers(port_)) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      throw std::runtime_error("redis-server ended at its start: is it installed? (deploy/local/dependencies)");
    }
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("redis-server does not answer");
    std::this_thread::yield();
  }
}

void redis_server::stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void redis_server::freeze() const {
  kill(pid_, SIGSTOP);
}
void redis_server::thaw() const {
  kill(pid_, SIGCONT);
}

raw_client::raw_client(std::uint16_t port) : context_(redisConnectWithTimeout("127.0.0.1", port, timeval{5, 0})) {
  if (context_ == nullptr || context_->err != 0) throw std::runtime_error("the test's own client cannot connect");
  redisSetTimeout(context_, timeval{5, 0});
}

raw_client::~raw_client() {
  redisFree(context_);
}

redis_reply raw_client::command(const std::vector<std::string>& arguments) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string& each : arguments) {
    starts.push_back(each.data());
    sizes.push_back(each.size());
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(
          redisCommandArgv(context_, static_cast<int>(starts.size()), starts.data(), sizes.data())),
      freeReplyObject);
  if (!reply) throw std::runtime_error(std::string("the test's own client: ") + context_->errstr);
  return copy(*reply);
}

std::vector<std::string> raw_client::keys() {
  std::vector<std::string> out;
  std::string cursor = "0";
  do {
    const redis_reply reply = command({"SCAN", cursor, "COUNT", "1000"});
    cursor = reply.elements.at(0).text;
    for (const redis_reply& key : reply.elements.at(1).elements) out.push_back(key.text);
  } while (cursor != "0");
  return out;
}

std::string raw_client::dump(const std::string& key) {
  if (command({"TYPE", key}).text == "string") return command({"GET", key}).text;
  std::string out;
  for (const redis_reply& each : command({"LRANGE", key, "0", "-1"}).elements) out += each.text + "\n";
  return out;
}

std::int64_t raw_client::pttl(const std::string& key) {
  return command({"PTTL", key}).integer;
}

std::int64_t raw_client::now_ms() {
  const redis_reply time = command({"TIME"});
  return std::stoll(time.elements.at(0).text) * 1000 + std::stoll(time.elements.at(1).text) / 1000;
}

}  // namespace sendcode::redis_tests
