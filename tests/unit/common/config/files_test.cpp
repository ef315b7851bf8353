#include "common/config/files.hpp"

#include <sys/stat.h>

#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode::config;
using sendcode::testing::temporary_directory;

namespace {

file_error error_of(const secrets_directory& secrets, std::string_view name) {
  const auto read = secrets.read(name);
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

}  // namespace

TEST_CASE("a secret is its file less one newline at the end") {
  const temporary_directory dir;
  const secrets_directory secrets(dir.path());
  dir.write("plain", "abc");
  dir.write("line", "abc\n");
  dir.write("two", "abc\n\n");
  dir.write("inside", "a\nb");
  dir.write("env_a/token", "deep\n");
  CHECK(secrets.read("plain")->expose() == "abc");
  CHECK(secrets.read("line")->expose() == "abc");
  CHECK(secrets.read("two")->expose() == "abc\n");
  CHECK(secrets.read("inside")->expose() == "a\nb");
  CHECK(secrets.read("env_a/token")->expose() == "deep");
}

TEST_CASE("a secret has 1 byte to 16 KiB") {
  const temporary_directory dir;
  const secrets_directory secrets(dir.path());
  dir.write("full", std::string(secret_bytes_max, 'x'));
  dir.write("over", std::string(secret_bytes_max + 1, 'x'));
  dir.write("none", "");
  dir.write("newline", "\n");
  CHECK(secrets.read("full")->expose().size() == secret_bytes_max);
  CHECK(error_of(secrets, "over") == file_error::too_large);
  CHECK(error_of(secrets, "none") == file_error::empty);
  CHECK(error_of(secrets, "newline") == file_error::empty);
  CHECK(error_of(secrets, "missing") == file_error::missing);
  CHECK(error_of(secrets, "full/below") == file_error::missing);
}

TEST_CASE("names that lead out of the secrets directory are refused") {
  const temporary_directory dir;
  dir.write("outside", "hunter2");
  dir.write("secrets/env_a/token", "inside");
  const secrets_directory secrets(dir.path() / "secrets");
  CHECK(secrets.read("env_a/token").has_value());
  for (const std::string& name :
       {std::string("../outside"), std::string("env_a/../../outside"), (dir.path() / "outside").string(),
        std::string("."), std::string(".."), std::string("env_a/.."), std::string(""), std::string("/"),
        std::string("env_a//token"), std::string("./env_a/token"), std::string("env_a/token\0", 12)}) {
    INFO(name);
    CHECK(error_of(secrets, name) == file_error::outside);
  }
}

TEST_CASE("links inside the secrets directory are followed, links that lead out are not") {
  const temporary_directory dir;
  dir.write("outside", "hunter2");
  dir.write("secrets/..2026/token", "mounted");
  dir.link("..2026", "secrets/..data");
  dir.link("..data/token", "secrets/token");
  dir.link("../token", "secrets/env_a/token");
  dir.link("../outside", "secrets/relative");
  dir.link((dir.path() / "outside").string(), "secrets/absolute");
  dir.link("..", "secrets/folder");
  dir.link("loop", "secrets/loop");
  dir.link("nowhere", "secrets/dangling");
  const secrets_directory secrets(dir.path() / "secrets");
  CHECK(secrets.read("token")->expose() == "mounted");
  CHECK(secrets.read("env_a/token")->expose() == "mounted");
  CHECK(error_of(secrets, "relative") == file_error::outside);
  CHECK(error_of(secrets, "absolute") == file_error::outside);
  CHECK(error_of(secrets, "folder/outside") == file_error::outside);
  CHECK(error_of(secrets, "loop") == file_error::outside);
  CHECK(error_of(secrets, "dangling") == file_error::missing);
}

TEST_CASE("what is no regular file is no secret, and doesn't make us wait") {
  const temporary_directory dir;
  const secrets_directory secrets(dir.path());
  dir.write("folder/x", "x");
  REQUIRE(::mkfifo((dir.path() / "pipe").c_str(), 0600) == 0);
  CHECK(error_of(secrets, "folder") == file_error::not_regular);
  CHECK(error_of(secrets, "pipe") == file_error::not_regular);
}

TEST_CASE("a watched secret is given again only when its file changed") {
  const temporary_directory dir;
  const secrets_directory secrets(dir.path());
  watched_secret watched(secrets, "token");
  auto got = watched.poll();
  REQUIRE(got.has_value());
  CHECK(got->error() == file_error::missing);
  CHECK_FALSE(watched.poll().has_value());

  dir.write("token", "one");
  got = watched.poll();
  REQUIRE(got.has_value());
  CHECK(got->value()->expose() == "one");
  CHECK_FALSE(watched.poll().has_value());

  dir.write("token", "two");  // of the same size
  CHECK(watched.poll()->value()->expose() == "two");
  dir.remove("token");
  CHECK(watched.poll()->error() == file_error::missing);
}

TEST_CASE("a watched secret that cannot be read is told once, and tried again without any change of its file") {
  const temporary_directory dir;
  const secrets_directory secrets(dir.path());
  watched_secret watched(secrets, "token");
  dir.write("token", "one");
  {
    const sendcode::testing::few_files none(0);
    const auto got = watched.poll();
    REQUIRE(got.has_value());
    CHECK(got->error() == file_error::unreadable);
    CHECK_FALSE(watched.poll().has_value());
  }
  const auto got = watched.poll();
  REQUIRE(got.has_value());
  CHECK(got->value()->expose() == "one");
  CHECK_FALSE(watched.poll().has_value());
}

TEST_CASE("a document of more than 64 KiB is not read") {
  const temporary_directory dir;
  dir.write("full", std::string(64 * 1024, 'x'));
  dir.write("over", std::string(64 * 1024 + 1, 'x'));
  CHECK(read_document(dir.path() / "full").has_value());
  CHECK(read_document(dir.path() / "over").error() == file_error::too_large);
  CHECK(read_document(dir.path() / "none").error() == file_error::missing);
  CHECK(read_document(dir.path()).error() == file_error::not_regular);
}
