#pragma once

#include <filesystem>
#include <vector>

#include "common/config/cursor.hpp"
#include "worker/config/worker_config.hpp"

namespace sendcode::config {

// A secret that the document names: where its value goes, and where the document says so.
struct wanted_secret {
  std::string name;
  secret_ptr* target;  // inside the worker_config that was read
  cursor place;
};

// Structure alone: what is wrong is in the report that `root` writes to. Secrets are not read; `wanted` names them.
class config_reader {
 public:
  config_reader(std::filesystem::path folder, worker_config& into, std::vector<wanted_secret>& wanted)
      : folder_(std::move(folder)), out_(&into), wanted_(&wanted) {}

  void read(const cursor& root);

 private:
  void read_kafka(const cursor& in);
  void read_kafka_properties(const cursor& in);
  void read_redis(const cursor& in);
  void read_redis_url(const cursor& in, const cursor& tls);
  void read_settings(const cursor& in);
  void read_keys(const cursor& in);
  void read_senders(const cursor& in);
  void read_kinde(const cursor& in);
  void read_http(const cursor& in);
  void read_worker(const cursor& in);
  void read_log(const cursor& in);

  std::optional<server_tls> read_server_tls(const cursor& in, bool with_client_ca);
  void read_listen(const cursor& in, host_port& out);
  void want(const cursor& place, named_secret& out);
  std::filesystem::path readable_file(const cursor& place);
  std::filesystem::path folder(const cursor& place);
  std::filesystem::path beside(const std::string& path) const;

  std::filesystem::path folder_;  // of the document: relative paths begin here
  worker_config* out_;
  std::vector<wanted_secret>* wanted_;
};

}  // namespace sendcode::config
