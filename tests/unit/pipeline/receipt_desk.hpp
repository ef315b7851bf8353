#pragma once

#include "tests/catch.hpp"
#include "tests/fakes/pipeline_world.hpp"
#include "worker/domain/twilio_signature.hpp"
#include "worker/pipeline/receipts.hpp"

// Twilio's posts, and who takes them, among fakes.
namespace sendcode::tests::receipts {

using ports::receipt_answer;

inline const std::string sid = "SM" + std::string(32, 'a');
inline constexpr const char* address = "https://hooks.example.com/in";

inline std::shared_ptr<const domain::key_ring> make_ring(const std::string& id) {
  const auto key = std::make_shared<const secret>(std::string(31, 'r') + id);
  const auto ring = domain::key_ring::make({{id, key, std::nullopt, std::nullopt}});
  return std::make_shared<const domain::key_ring>(ring->derive(domain::ref_key_label));
}

inline secret_ptr make_secret(std::string text) {
  return std::make_shared<const secret>(std::move(text));
}

// A receipt as Twilio would post it, all of it to be changed.
struct posted {
  std::string environment = "env_live";
  std::string query;
  form_fields fields{{"MessageSid", sid},
                     {"MessageStatus", "delivered"},
                     {"AccountSid", "ACenv_live"},
                     {"To", "+61491570006"},
                     {"From", "+15005550006"}};
  std::string token = "a secret";
  std::string signed_address = address;
  std::string form{};  // instead of the fields
  std::string signature{};

  posted& with(const std::string& name, const std::string& value) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    fields.emplace_back(name, value);
    return *this;
  }
  posted& without(const std::string& name) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    return *this;
  }
};

struct receipt_desk {
  pipeline_world w;
  std::optional<pipeline::receipts> receipts;

  receipt_desk() {
    w.ref_keys = make_ring("r");
    receipts.emplace(w.stream, w.clock, w.random, w.telemetry, *parse_url(address), w.rules());
  }
  void update() { receipts->update(w.rules()); }

  std::string ref(const std::string& environment = "env_live") const {
    const domain::receipt_ref inside{pipeline_world::request_id("an event"), "k3Jw9sQ2vT7yB4nH1cXzLg", "app_web",
                                     domain::purpose::sign_in, w.clock.now()};
    return domain::seal_ref(w.ref_keys->keys()[0], environment, inside, {});
  }
  posted a_post() const { return {.query = "ref=" + ref()}; }

  static awaitable<void> asked(pipeline::receipts& of, posted made, std::optional<receipt_answer>& out) {
    const std::string target = "/webhooks/twilio/" + made.environment + "?" + made.query;
    if (made.form.empty()) {
      for (const auto& [name, value] : made.fields) {
        append_form_encoded(made.form += made.form.empty() ? "" : "&", name);
        append_form_encoded(made.form += '=', value);
      }
    }
    if (made.signature.empty()) {
      made.signature = domain::make_twilio_signature(made.token, made.signed_address + target, made.fields);
    }
    const ports::receipt_post post{made.environment, target, made.query, made.signature, made.form};
    out = co_await of.take(post);
  }
  void post(posted made, std::optional<receipt_answer>& out) {
    spawn(w.context.get_executor(), "receipt", asked(*receipts, std::move(made), out));
    w.run();
  }
  receipt_answer take(posted made) {
    std::optional<receipt_answer> out;
    post(std::move(made), out);
    REQUIRE(out);
    return *out;
  }
  // Refused with this word in the metric, and nothing told.
  void require_refused(posted made, const std::string& because) {
    CAPTURE(because);
    const auto before = w.telemetry.refusals[because];
    const auto told = w.stream.records.size();
    CHECK(take(std::move(made)) == receipt_answer::refused);
    CHECK(w.telemetry.refusals[because] == before + 1);
    CHECK(w.stream.records.size() == told);
  }
};

}  // namespace sendcode::tests::receipts
