#include "common/async/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <exception>

#include "common/logging.hpp"

namespace sendcode {

void spawn(const boost::asio::any_io_executor& executor, std::string_view name, awaitable<void> work) {
  boost::asio::co_spawn(executor, std::move(work), [name](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      if (e.code() == boost::asio::error::operation_aborted) return;
      log::error("a task ended by an exception: please report it", {{"task", name}, {"what", e.what()}});
    } catch (const std::exception& e) {
      log::error("a task ended by an exception: please report it", {{"task", name}, {"what", e.what()}});
    }
    std::abort();
  });
}

}  // namespace sendcode
