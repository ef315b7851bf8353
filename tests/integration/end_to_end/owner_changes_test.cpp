// An owner's changes while events flow: none is lost or texted twice, and the next text is sent by what was changed.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

constexpr auto api_key = "SK0123456789abcdef0123456789abcdef";

settings wide() {
  return {.limits = "[{per: phone, max: 100, window: 30s}, {per: environment, max: 100000, window: 10m}]"};
}

std::string replaced(std::string document, const std::string& part, const std::string& by) {
  const auto at = document.find(part);
  REQUIRE(at != document.npos);
  return document.replace(at, part.size(), by);
}

// Events that keep coming, a few at a time, while something changes.
class flow {
 public:
  explicit flow(world& with) : with_(with) {
    // So that there are always some on their way.
    with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 50}});
  }

  void send(int count) {
    const auto more = with_.load(next_, next_ + count);
    next_ += count;
    all_.insert(all_.end(), more.begin(), more.end());
  }

  // Whether it comes about that the newest text is as wanted.
  template <typename Wanted>
  void until(Wanted wanted) {
    REQUIRE(eventually(
        [&] {
          if (all_.size() - with_.ended(all_) < at_once) send(4);
          const auto texts = with_.senders.messages();
          return !texts.empty() && wanted(texts.back());
        },
        patience));
  }

  // From now on every text is.
  template <typename Wanted>
  void holds(Wanted wanted) {
    const auto from = all_.size();
    send(20);
    const std::vector fresh(all_.begin() + static_cast<std::ptrdiff_t>(from), all_.end());
    with_.require_ended(fresh);
    for (const auto& each : fresh) {
      const auto texts = with_.senders.messages(each.phone());
      REQUIRE(texts.size() == 1);
      INFO(texts[0].dump());
      CHECK(wanted(texts[0]));
    }
  }

  template <typename Wanted>
  void comes_to(Wanted wanted) {
    until(wanted);
    holds(wanted);
  }

  void require_none_lost() const {
    with_.require_one_text_each(all_);
    for (const auto& each : all_) CHECK_FALSE(with_.outcome(each).value("failed_over", false));
  }

 private:
  static constexpr std::size_t at_once = 8;

  world& with_;
  std::vector<event> all_;
  int next_ = 0;
};

auto has(const char* member, const std::string& value) {
  return [member, value](const json& text) { return text.value(member, json()) == value; };
}

}  // namespace

TEST_CASE("texts come from a number, then from the messaging service and back, while events flow") {
  world with({.live = wide()});
  with.start_worker();
  flow events(with);
  const auto by_service = has("messaging_service_sid", "MG0123456789abcdef0123456789abcdef");
  const auto by_number = has("from", "+15005550006");
  events.comes_to(by_service);
  auto changed = wide();
  changed.source = "phone_number";
  with.write_settings(changed);
  events.comes_to(by_number);
  with.write_settings(wide());
  events.comes_to(by_service);
  events.require_none_lost();
}

TEST_CASE("the auth token rotates, in a list of two or in its file, and an API key is added, while events flow") {
  world with({.live = wide()});
  with.start_worker();
  flow events(with);
  events.comes_to(has("credential", "auth_token 1"));

  // A second one beside it, first in the list: it sends. Then the old one ends at Twilio.
  const std::string alone = "auth_token: {secret: env_live/twilio_auth_token}";
  const auto document = wide().document();
  const auto file = with.folder.path() / "settings/env_live.yaml";
  with.write_secret("env_live/twilio_auth_token_new", settings::second_token);
  write_file(file,
             replaced(document, alone,
                      "auth_token: [{secret: env_live/twilio_auth_token_new}, {secret: env_live/twilio_auth_token}]"));
  events.comes_to(has("credential", "auth_token 2"));

  // In the file that the document named before.
  write_file(file, document);
  events.comes_to(has("credential", "auth_token 1"));
  with.write_secret("env_live/twilio_auth_token", settings::second_token);
  events.comes_to(has("credential", "auth_token 2"));
  with.senders.revoke(settings::live_account, "auth_token 1");
  events.holds(has("credential", "auth_token 2"));

  auto keyed = wide();
  keyed.api_key = true;
  with.write_settings(keyed);
  events.comes_to(has("credential", api_key));
  events.require_none_lost();
}

TEST_CASE("the region changes while events flow, and the next text is asked for at the other region's host") {
  world with({.live = wide()});
  const auto port = with.senders.base_url().substr(with.senders.base_url().rfind(':'));
  with.start_worker(
      {{"SENDCODE_SENDERS__TWILIO__BASE_URL", "https://api.twilio.com" + port}, {"LD_PRELOAD", SENDCODE_TWILIO_HOSTS}});
  flow events(with);
  events.comes_to(has("host", "api.twilio.com" + port));
  const auto document = wide().document();
  for (const auto& [region, host] :
       {std::pair{"ie1", "api.dublin.ie1.twilio.com"}, std::pair{"au1", "api.sydney.au1.twilio.com"},
        std::pair{"us1", "api.twilio.com"}}) {
    write_file(with.folder.path() / "settings/env_live.yaml",
               replaced(document, "    source:", "    region: " + std::string(region) + "\n    source:"));
    events.comes_to(has("host", host + port));
  }
  events.require_none_lost();
}
