// Preloaded into a worker of the tests: Twilio's hosts are the sandbox on loopback then, under their own names. Nothing
// but the name tells one region from another.
#include <dlfcn.h>
#include <netdb.h>

#include <string_view>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto next = reinterpret_cast<function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool twilio = node != nullptr && std::string_view(node).ends_with(".twilio.com");
  return next(twilio ? "127.0.0.1" : node, service, hints, found);
}
