#include "worker/codec/event_decoder.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "worker/codec/flat_json.hpp"

namespace sendcode::codec {
namespace {

using domain::dead_letter_error;
using domain::send_code_event;
using domain::undecodable;

constexpr std::string_view event_type = "io.sendcode.send-code.v1";
constexpr std::size_t identity_bytes_max = 256;

// CloudEvents attributes, wherever they stood.
struct attributes {
  std::optional<std::string> specversion, type, source, id, time, traceparent;

  std::optional<std::string>* find(std::string_view name) {
    if (name == "specversion") return &specversion;
    if (name == "type") return &type;
    if (name == "source") return &source;
    if (name == "id") return &id;
    if (name == "time") return &time;
    if (name == "traceparent") return &traceparent;
    return nullptr;
  }
};

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, is_token_character);
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Letters, then subtags: ^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$
bool is_locale(std::string_view text) {
  bool first = true;
  while (true) {
    const auto dash = text.find('-');
    const auto part = text.substr(0, dash);
    const bool letters_only = std::ranges::none_of(part, [](char c) { return c >= '0' && c <= '9'; });
    if (part.size() > 8 || part.size() < (first ? 2U : 1U) || !is_token(part) || part.find('_') != part.npos)
      return false;
    if (first && !letters_only) return false;
    if (dash == text.npos) return true;
    text.remove_prefix(dash + 1);
    first = false;
  }
}

bool is_anything(std::string_view) {
  return true;
}

// The fields of the data and their limits, as in schemas/send-code.schema.json.
struct data_field {
  std::string_view name;
  std::string send_code_event::* member;
  std::size_t least;
  std::size_t most;
  bool (*fits)(std::string_view);
};

constexpr std::array<data_field, 10> data_fields = {{
    {"environment_id", &send_code_event::environment_id, 1, 64, is_token},
    {"application_id", &send_code_event::application_id, 1, 64, is_token},
    {"challenge_id", &send_code_event::challenge_id, 0, std::string::npos, domain::is_challenge_id},  // its size, too
    {"phone_number", &send_code_event::phone_number, 1, 64, is_anything},
    {"connection_id", &send_code_event::connection_id, 1, 64, is_token},
    {"country", &send_code_event::country, 2, 2, domain::is_country},
    {"locale", &send_code_event::locale, 2, 35, is_locale},
    {"client_ip", &send_code_event::client_ip, 1, 64, is_anything},
    {"user_id", &send_code_event::user_id, 1, 128, is_anything},
    {"device_token", &send_code_event::device_token, 1, 512, is_anything},
}};

// Collects the data's members; the first thing that is wrong stands in `problem`.
class data_reader {
 public:
  explicit data_reader(send_code_event& event) : event_(event) {}

  void take(const json_member& member) {
    if (member.name == "purpose") {
      take_purpose(member);
      return;
    }
    const auto field = std::ranges::find(data_fields, member.name, &data_field::name);
    if (field == data_fields.end()) return;  // unknown fields are ignored
    if (member.type != json_type::string) {
      complain(field->name, "is not a string");
    } else if (const auto size = characters_of(member.text);
               size < field->least || size > field->most || !field->fits(member.text)) {
      complain(field->name, "does not match its schema");
    } else {
      event_.*(field->member) = member.text;
    }
  }

  // What is missing, once everything was read.
  std::string problem() {
    for (const auto required : {0U, 1U, 2U, 3U}) {
      const auto& field = data_fields[required];
      if ((event_.*(field.member)).empty()) complain(field.name, "is missing");
    }
    if (!has_purpose_) complain("purpose", "is missing");
    if (event_.purpose == domain::purpose::mfa && event_.user_id.empty())
      complain("user_id", "is missing: mfa needs it");
    if (has_purpose_ && event_.purpose == domain::purpose::sign_in && event_.connection_id.empty()) {
      complain("connection_id", "is missing: sign_in needs it");
    }
    return problem_;
  }

 private:
  void take_purpose(const json_member& member) {
    has_purpose_ = true;
    if (member.type == json_type::string && member.text == "sign_in") {
      event_.purpose = domain::purpose::sign_in;
    } else if (member.type == json_type::string && member.text == "mfa") {
      event_.purpose = domain::purpose::mfa;
    } else {
      complain("purpose", "is neither sign_in nor mfa");
    }
  }
  void complain(std::string_view field, std::string_view what) {
    if (problem_.empty()) problem_ = std::string(field) + ' ' + std::string(what);
  }

  send_code_event& event_;
  std::string problem_;
  bool has_purpose_ = false;
};

std::unexpected<undecodable> refuse(dead_letter_error error, std::string detail, const send_code_event& event = {}) {
  return std::unexpected(undecodable{error, std::move(detail), event.environment_id});
}

// W3C Trace Context: version-trace-parent-flags, lower-case hex, neither id all zeros, version not ff.
bool is_traceparent(std::string_view text) {
  constexpr std::string_view shape = "00-00000000000000000000000000000000-0000000000000000-00";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (shape[i] == '-' ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  const auto all_zeros = [](std::string_view part) { return part.find_first_not_of('0') == part.npos; };
  return !text.starts_with("ff") && !all_zeros(text.substr(3, 32)) && !all_zeros(text.substr(36, 16));
}

std::string check_attributes(const attributes& found) {
  if (!found.specversion) return "specversion is missing";
  if (*found.specversion != "1.0") return "specversion is not 1.0";
  if (!found.type) return "type is missing";
  if (*found.type != event_type) return "type is not io.sendcode.send-code.v1";
  for (const auto& [name, value] : {std::pair{"source", &found.source}, std::pair{"id", &found.id}}) {
    if (!*value || (*value)->empty()) return std::string(name) + " is missing";
    if ((*value)->size() > identity_bytes_max) return std::string(name) + " is longer than 256 bytes";
    if (has_control_character(**value)) return std::string(name) + " holds a control character";
    if (!is_valid_utf8(**value)) return std::string(name) + " is not UTF-8";
  }
  if (found.time && !from_rfc3339(*found.time)) return "time is not RFC 3339";
  return {};
}

// Over the known fields, so that the order of keys or a field that we ignore makes no other event of it.
byte_array<32> digest_data(const send_code_event& event) {
  length_prefixed fields;
  for (const auto& field : data_fields) fields.add(event.*(field.member));
  fields.add(domain::to_text(event.purpose));
  return sha256(fields.bytes());
}

void finish(send_code_event& event, attributes& found) {
  event.source = std::move(*found.source);
  event.id = std::move(*found.id);
  if (found.time) event.time = from_rfc3339(*found.time);
  if (found.traceparent && is_traceparent(*found.traceparent)) event.traceparent = std::move(*found.traceparent);
  event.request_id = domain::make_request_id(event.environment_id, event.source, event.id);
  event.data_digest = digest_data(event);
}

// A media type: in any case, with parameters or without.
bool is_structured(std::string_view content_type) {
  constexpr std::string_view expected = "application/cloudevents+json";
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return std::ranges::equal(type, expected, {}, [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

struct record_headers {
  attributes found;
  bool structured = false;
};

std::expected<record_headers, undecodable> read_headers(std::span<const domain::record_header> headers) {
  if (headers.size() > headers_max) return refuse(dead_letter_error::not_cloudevent, "more than 64 headers");
  std::size_t bytes = 0;
  for (const auto& header : headers) bytes += header.name.size() + header.value.size();
  if (bytes > header_bytes_max) return refuse(dead_letter_error::too_large, "headers above 16 KiB");

  record_headers out;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto& [name, value] = headers[i];
    if (name == "content-type") out.structured = is_structured(value);
    if (!name.starts_with("ce_")) continue;
    for (std::size_t k = 0; k < i; ++k) {
      if (headers[k].name == name) return refuse(dead_letter_error::not_cloudevent, "a ce_ header stands twice");
    }
    if (auto* attribute = out.found.find(name.substr(3))) *attribute = std::string(value);
  }
  return out;
}

}  // namespace

std::expected<send_code_event, undecodable> decode_event(std::span<const domain::record_header> headers,
                                                         std::string_view value) {
  if (value.size() > value_bytes_max) return refuse(dead_letter_error::too_large, "value above 16 KiB");
  auto read = read_headers(headers);
  if (!read) return std::unexpected(std::move(read.error()));
  attributes found = read->structured ? attributes{} : std::move(read->found);
  if (!read->structured) {
    if (auto problem = check_attributes(found); !problem.empty()) {
      return refuse(dead_letter_error::not_cloudevent, std::move(problem));
    }
  }

  send_code_event event;
  data_reader data(event);
  bool attribute_of_wrong_type = false;
  const auto walked = walk_json(value, read->structured ? "data" : "", json_depth_max, [&](const json_member& member) {
    if (!read->structured || member.inner) {
      data.take(member);
    } else if (auto* attribute = found.find(member.name)) {
      // Null is as good as absent (CloudEvents' JSON format, 2.2).
      if (member.type == json_type::string) {
        *attribute = std::string(member.text);
      } else if (member.type != json_type::null) {
        attribute_of_wrong_type = true;
      }
    }
  });
  if (!walked) return refuse(dead_letter_error::invalid_json, std::string(to_text(walked.error())), event);
  if (read->structured) {
    if (attribute_of_wrong_type)
      return refuse(dead_letter_error::not_cloudevent, "an attribute is not a string", event);
    if (auto problem = check_attributes(found); !problem.empty()) {
      return refuse(dead_letter_error::not_cloudevent, std::move(problem), event);
    }
  }
  if (auto problem = data.problem(); !problem.empty()) {
    return refuse(dead_letter_error::invalid_event, std::move(problem), event);
  }
  finish(event, found);
  return event;
}

}  // namespace sendcode::codec
