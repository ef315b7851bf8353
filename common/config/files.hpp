#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/secret.hpp"

// Small files: documents and secrets.
namespace sendcode::config {

enum class file_error : std::uint8_t {
  missing,
  outside,      // a link or name that leads out of the directory
  not_regular,  // a directory, a pipe, a device
  too_large,
  empty,       // of a secret
  unreadable,  // no permission, or the disk failed
};
std::string_view to_text(file_error error) noexcept;

// Tells that a file's content may be another: which file a name leads to, and when it was changed last.
struct file_stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const file_stamp&) const = default;
};
// Links followed; nothing: there is no such file.
std::optional<file_stamp> stamp_of(const std::filesystem::path& path) noexcept;

// A document of at most document_bytes_max.
std::expected<std::string, file_error> read_document(const std::filesystem::path& path);

constexpr std::size_t secret_bytes_max = std::size_t{16} * 1024;

// A mounted Secret: one file each, the path below the directory is its name. Any thread.
class secrets_directory {
 public:
  explicit secrets_directory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const noexcept { return root_; }
  // The file's bytes less one newline at their end. Opened beneath the directory: `..` and absolute names are refused,
  // links inside it are followed, links that lead out of it are refused. Regular files of 1 byte to secret_bytes_max.
  std::expected<secret, file_error> read(std::string_view name) const;
  std::optional<file_stamp> stamp(std::string_view name) const noexcept;

 private:
  std::filesystem::path root_;
};

// A secret that is read again when its file changes.
class watched_secret {
 public:
  watched_secret(const secrets_directory& directory, std::string name)
      : directory_(&directory), name_(std::move(name)) {}

  const std::string& name() const noexcept { return name_; }
  // Nothing: the file is as it was at the last call. Otherwise what stands there now; cheap enough for once a second. A
  // file that is there and cannot be read is tried again at every call, and told once.
  std::optional<std::expected<secret_ptr, file_error>> poll();

 private:
  const secrets_directory* directory_;
  std::string name_;
  bool polled_ = false;
  bool unreadable_ = false;
  std::optional<file_stamp> last_;
};

}  // namespace sendcode::config
