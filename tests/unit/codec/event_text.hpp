#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "worker/codec/event_decoder.hpp"

// A good event, to be spoilt one thing at a time.
namespace sendcode::tests {

inline const std::string good_data =
    R"({"environment_id":"env_live","application_id":"app_web","challenge_id":"k3Jw9sQ2vT7yB4nH1cXzLg",)"
    R"("purpose":"sign_in","phone_number":"0491 570 006","connection_id":"conn_1"})";

struct event_text {
  std::vector<std::pair<std::string, std::string>> headers = {{"ce_specversion", "1.0"},
                                                              {"ce_type", "io.sendcode.send-code.v1"},
                                                              {"ce_source", "/sign-in"},
                                                              {"ce_id", "an event"},
                                                              {"content-type", "application/json"}};
  std::string value = good_data;

  event_text& set(const std::string& name, std::string text) {
    for (auto& header : headers) {
      if (header.first == name) {
        header.second = std::move(text);
        return *this;
      }
    }
    headers.emplace_back(name, std::move(text));
    return *this;
  }
  event_text& without(const std::string& name) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    return *this;
  }
  // The data with a member in place of another, both as JSON text.
  event_text& member(const std::string& was, const std::string& is) {
    const auto at = value.find(was);
    if (at == std::string::npos) throw std::invalid_argument(was);
    value.replace(at, was.size(), is);
    return *this;
  }
  std::expected<domain::send_code_event, domain::undecodable> decode() const {
    std::vector<domain::record_header> views;
    for (const auto& [name, text] : headers) views.push_back({name, text});
    return codec::decode_event(views, value);
  }
  // The word of the dead letter that it becomes; "" for an event.
  std::string error() const {
    const auto event = decode();
    return event ? "" : std::string(domain::to_text(event.error().error));
  }
};

// The same as one JSON document. `envelope` is put in front of the data.
inline event_text structured(const std::string& envelope, const std::string& data = good_data) {
  return {.headers = {{"content-type", "application/cloudevents+json; charset=utf-8"}},
          .value = "{" + envelope + R"(,"data":)" + data + "}"};
}
inline const std::string good_envelope =
    R"("specversion":"1.0","type":"io.sendcode.send-code.v1","source":"/sign-in","id":"an event")";

}  // namespace sendcode::tests
