#include "worker/app/commands/settings_usage.hpp"

#include <algorithm>
#include <set>

namespace sendcode::app {
namespace {

using domain::limit_kind;
using ports::device_class;
using ports::usage_answer;
using ports::usage_question;
using kind = usage_question::kind;

constexpr std::string_view the_environment = "-";

}  // namespace

bool limit_use::stops() const noexcept {
  if (per != limit_kind::prefix || !is_used_up()) return is_used_up();
  return *used >= std::uint64_t{10} * max || approved * 5 < sent;
}

usage_survey::usage_survey(const domain::environment_settings& of, const ports::allowance_check& allowance) : of_(of) {
  report_.environment = of.environment_id;
  report_.allowance = allowance;
  ask({.about = kind::allowance, .allowance = allowance}, [this](const usage_answer& answer) {
    report_.allowance_used = answer.used;
    report_.allowance_ends = report_.at + answer.left;
  });
}

void usage_survey::ask_all(const ports::subjects_in_use& found, const std::optional<domain::phone_number>& phone) {
  report_.missing = found.missing;
  for (std::size_t i = 0; i < of_.sms.limits.size(); ++i) ask_each(i, found, phone);
  for (const auto& prefix : found.fraud_prefixes) {
    ask({.about = kind::fraud, .limit = {.subject = prefix}}, [this, prefix](const usage_answer& answer) {
      if (answer.used > 0 || answer.left.count() > 0) report_.frauds.push_back({prefix, answer.used, answer.left});
    });
  }
  if (phone) {
    report_.phone = domain::mask(*phone);
    ask_guesses(phone->e164);
  }
}

void usage_survey::ask_each(std::size_t index, const ports::subjects_in_use& found,
                            const std::optional<domain::phone_number>& phone) {
  const auto& limit = of_.sms.limits[index];
  switch (limit.per) {
    case limit_kind::environment:
      return ask_limit(index, std::string(the_environment), "");
    case limit_kind::application:
      for (const auto& each : of_.applications) ask_limit(index, each, each);
      return;
    case limit_kind::country:
      for (const auto& each : countries_of(limit, found, phone)) ask_limit(index, each, each);
      return;
    case limit_kind::prefix: {
      std::set<std::string> all(found.prefixes.begin(), found.prefixes.end());
      if (phone) all.insert(phone->prefix());
      for (const auto& each : all) ask_limit(index, each, each);
      if (all.empty())
        report_.limits.push_back({.limit = index, .per = limit.per, .max = limit.max, .window = limit.window});
      return;
    }
    case limit_kind::phone:
      if (!phone) break;
      for (const auto device : {device_class::stranger, device_class::known}) {
        const auto* whose = device == device_class::known ? " (known device)" : " (stranger)";
        ask_limit(index, phone->e164, domain::mask(*phone) + whose, device);
      }
      return;
    default:
      break;
  }
  report_.limits.push_back({.limit = index, .per = limit.per, .max = limit.max, .window = limit.window});
}

std::vector<std::string> usage_survey::countries_of(const domain::limit& limit, const ports::subjects_in_use& found,
                                                    const std::optional<domain::phone_number>& phone) const {
  const auto& sms = of_.sms;
  std::set<std::string> named(sms.allowed_countries.begin(), sms.allowed_countries.end());
  named.insert(sms.default_country);
  std::set<std::string> all(found.countries.begin(), found.countries.end());
  if (phone && !phone->country.empty()) all.insert(phone->country);
  if (limit.unnamed_countries_only) {
    if (!sms.every_country) return {};  // it holds for nobody
    std::erase_if(all, [&](const std::string& each) { return named.contains(each); });
  } else {
    all.insert(named.begin(), named.end());
  }
  return {all.begin(), all.end()};
}

void usage_survey::ask_limit(std::size_t index, std::string subject, std::string shown, device_class device) {
  const auto& limit = of_.sms.limits[index];
  const auto row = report_.limits.size();
  report_.limits.push_back({.limit = index,
                            .per = limit.per,
                            .subject = std::move(shown),
                            .max = limit.max,
                            .window = limit.window,
                            .used = 0});
  usage_question question{.about = kind::limit, .device = device};
  question.limit = {limit.per, std::move(subject), false, limit.max, limit.window};
  ask(std::move(question), [this, row](const usage_answer& answer) {
    report_.limits[row].used = answer.used;
    report_.limits[row].left = answer.left;
  });
  if (limit.per == limit_kind::prefix) ask_prefix_share(row);
}

void usage_survey::ask_prefix_share(std::size_t row) {
  const std::string prefix = report_.limits[row].subject;
  ask({.about = kind::approved, .limit = {.subject = prefix}},
      [this, row](const usage_answer& answer) { report_.limits[row].approved = answer.used; });
  const ports::limit_check sent{limit_kind::prefix, prefix, false, 0, ports::prefix_share_window};
  ask({.about = kind::limit, .limit = sent},
      [this, row](const usage_answer& answer) { report_.limits[row].sent = answer.used; });
}

void usage_survey::ask_guesses(const std::string& phone) {
  for (const auto device : {device_class::stranger, device_class::known}) {
    auto& into = device == device_class::known ? report_.known : report_.stranger;
    ask({.about = kind::guesses, .limit = {.subject = phone}, .device = device},
        [&into](const usage_answer& answer) { into = {answer.used, answer.open}; });
  }
}

void usage_survey::ask(usage_question question, sink to) {
  questions_.push_back(std::move(question));
  sinks_.push_back(std::move(to));
}

void usage_survey::take(std::size_t first, const ports::usage_reply& reply) {
  report_.at = reply.store_now;
  for (std::size_t i = 0; i < reply.answers.size(); ++i) sinks_.at(first + i)(reply.answers[i]);
}

}  // namespace sendcode::app
