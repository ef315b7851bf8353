#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "common/async/spawn.hpp"

namespace sendcode::tests {

// Runs a coroutine to its end on `context`, at most for 10 s.
template <typename T>
T run(boost::asio::io_context& context, awaitable<T> work) {
  std::optional<T> out;
  const auto keep = [](awaitable<T> inner, std::optional<T>& into) -> awaitable<void> {
    into.emplace(co_await std::move(inner));
  };
  spawn(context.get_executor(), "test", keep(std::move(work), out));
  context.restart();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!out && context.run_one_until(until) > 0) {
  }
  if (!out) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*out);
}

}  // namespace sendcode::tests
