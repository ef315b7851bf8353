#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sendcode {

// The completion token of an operation whose error is a value, the first of what it returns: what a peer does is no
// exception.
constexpr auto returning_errors = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace sendcode
