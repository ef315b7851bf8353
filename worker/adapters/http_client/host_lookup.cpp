#include "worker/adapters/http_client/host_lookup.hpp"

namespace sendcode::http_client {
namespace {

using boost::asio::ip::tcp;

class system_lookup final : public host_lookup {
 public:
  explicit system_lookup(boost::asio::io_context& context) : resolver_(context.get_executor()) {}

  // Nothing can cancel getaddrinfo: it runs to its end by itself, and is told of then.
  void start(const ports::origin& of, std::function<void(found)> tell) override {
    resolver_.async_resolve(of.host, std::to_string(of.port),
                            [tell = std::move(tell)](const boost::system::error_code& error, const auto& results) {
                              if (error) return tell(std::unexpected(error.message()));
                              std::vector<tcp::endpoint> out;
                              for (const auto& result : results) out.push_back(result.endpoint());
                              tell(std::move(out));
                            });
  }
  void stop() override { resolver_.cancel(); }

 private:
  boost::asio::ip::basic_resolver<tcp, boost::asio::io_context::executor_type> resolver_;
};

}  // namespace

std::shared_ptr<host_lookup> make_system_lookup(boost::asio::io_context& context) {
  return std::make_shared<system_lookup>(context);
}

}  // namespace sendcode::http_client
