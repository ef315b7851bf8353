#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string_view>

namespace sendcode {

template <typename T>
using awaitable = boost::asio::awaitable<T>;

// Starts a coroutine that nobody waits for. The one place that does so: what it throws is a bug, logged with `name` (a
// literal) and then fatal, for an event that vanished with an exception would never complete. Cancellation of the I/O
// context's shutdown is not an error.
void spawn(const boost::asio::any_io_executor& executor, std::string_view name, awaitable<void> work);

}  // namespace sendcode
