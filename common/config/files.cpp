#include "common/config/files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/config/rules.hpp"
#include "common/config/tree.hpp"

namespace sendcode::config {
namespace {

class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // a pipe must not make us wait

file_error from_errno(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return file_error::missing;
    case EXDEV:
    case ELOOP:
      return file_error::outside;
    case ENXIO:
      return file_error::not_regular;
    default:
      return file_error::unreadable;
  }
}

std::int64_t in_ns(const timespec& at) noexcept {
  return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

// Where the kernel has no openat2 (or a container forbids it): open, then ask which file it became.
std::expected<descriptor, file_error> open_and_look(int root, const std::string& name) {
  descriptor file(::openat(root, name.c_str(), read_flags));
  if (!file) return std::unexpected(from_errno(errno));
  std::error_code error;
  const auto place = [&](int fd) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
  };
  const auto above = place(root);
  if (error) return std::unexpected(file_error::unreadable);
  const auto real = place(file.get());
  if (error) return std::unexpected(file_error::unreadable);
  if (!real.starts_with(above == "/" ? above : above + '/')) return std::unexpected(file_error::outside);
  return file;
}

std::expected<descriptor, file_error> open_beneath(const std::filesystem::path& directory, const std::string& name) {
  const descriptor root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(from_errno(errno));
  open_how how{};
  how.flags = static_cast<std::uint64_t>(read_flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int tries_max = 3;  // EAGAIN: a rename elsewhere raced with a ".." of a link
  for (int tries = 0; tries < tries_max; ++tries) {
    descriptor file(static_cast<int>(::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how)));
    if (file) return file;
    if (errno != EAGAIN) break;
  }
  if (errno == ENOSYS || errno == EPERM) return open_and_look(root.get(), name);
  return std::unexpected(from_errno(errno));
}

// At most `most` bytes of a regular file, into one buffer that never moves (a secret leaves no copy behind).
std::expected<std::string, file_error> read_whole(const descriptor& file, std::size_t most) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(file_error::unreadable);
  if (!S_ISREG(info.st_mode)) return std::unexpected(file_error::not_regular);
  if (std::cmp_greater(info.st_size, most)) return std::unexpected(file_error::too_large);
  std::string out(most + 1, '\0');
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto got = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      wipe(out);
      return std::unexpected(file_error::unreadable);
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > most) {
    wipe(out);
    return std::unexpected(file_error::too_large);
  }
  out.resize(filled);
  return out;
}

}  // namespace

std::string_view to_text(file_error error) noexcept {
  switch (error) {
    case file_error::missing:
      return "there is no such file";
    case file_error::outside:
      return "it leads out of the directory";
    case file_error::not_regular:
      return "it is not a regular file";
    case file_error::too_large:
      return "it is too large";
    case file_error::empty:
      return "it is empty";
    case file_error::unreadable:
      break;
  }
  return "it cannot be read";
}

std::optional<file_stamp> stamp_of(const std::filesystem::path& path) noexcept {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return file_stamp{info.st_dev, info.st_ino, info.st_size, in_ns(info.st_mtim), in_ns(info.st_ctim)};
}

std::expected<std::string, file_error> read_document(const std::filesystem::path& path) {
  const descriptor file(::open(path.c_str(), read_flags));
  if (!file) return std::unexpected(from_errno(errno));
  return read_whole(file, document_bytes_max);
}

std::expected<secret, file_error> secrets_directory::read(std::string_view name) const {
  if (!secret_file_name.accepts(name)) return std::unexpected(file_error::outside);
  const auto file = open_beneath(root_, std::string(name));
  if (!file) return std::unexpected(file.error());
  auto bytes = read_whole(*file, secret_bytes_max);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->ends_with('\n')) bytes->pop_back();
  if (bytes->empty()) return std::unexpected(file_error::empty);
  std::string tight;
  tight.reserve(std::max(bytes->size(), std::size_t{64}));  // on the heap even if short: moving it then copies no bytes
  tight = *bytes;
  wipe(*bytes);
  return secret(std::move(tight));
}

std::optional<file_stamp> secrets_directory::stamp(std::string_view name) const noexcept {
  return stamp_of(root_ / name);
}

std::optional<std::expected<secret_ptr, file_error>> watched_secret::poll() {
  const auto now = directory_->stamp(name_);  // before it is read: a change meanwhile shows at the next call
  const bool same = polled_ && now == last_;
  if (same && !unreadable_) return std::nullopt;
  polled_ = true;
  last_ = now;
  auto read = directory_->read(name_);
  unreadable_ = !read && read.error() == file_error::unreadable;
  if (same && unreadable_) return std::nullopt;
  if (!read) return std::unexpected(read.error());
  return std::make_shared<const secret>(std::move(*read));
}

}  // namespace sendcode::config
