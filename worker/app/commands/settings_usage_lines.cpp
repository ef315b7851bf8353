// The report of `settings show --usage`, for people and for programs.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/config/cursor.hpp"
#include "worker/app/commands/settings_usage.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;
using row = std::array<std::string, 6>;

constexpr std::size_t shown_of_a_limit_max = 10;

// Rounded up, in the unit that people would take.
std::string about(milliseconds time) {
  const auto s = std::chrono::ceil<seconds>(time).count();
  if (s < 120) return std::to_string(s) + "s";
  if (s < 7'200) return std::to_string((s + 59) / 60) + "m";
  return std::to_string((s + 3'599) / 3'600) + "h";
}

std::string share_text(const limit_use& use) {
  return std::to_string(use.approved) + " of " + std::to_string(use.sent) + " approved in 10m";
}

std::string note_of(const limit_use& use) {
  if (!use.used) {
    if (use.per == domain::limit_kind::phone) return "each phone has its own: --phone shows one's";
    return use.per == domain::limit_kind::prefix ? "none has texts" : "each has its own";
  }
  if (!use.is_used_up()) return "";
  if (use.per != domain::limit_kind::prefix) return "used up, for " + about(use.left);
  if (!use.stops()) return "not stopped: " + share_text(use);
  const bool by_share = *use.used < std::uint64_t{10} * use.max;
  return by_share ? "stopped, for " + about(use.left) + ": " + share_text(use) : "stopped: ten times its max";
}

row to_row(const limit_use& use) {
  return {std::string(to_text(use.per)), use.subject,
          config::to_text(use.window),   use.used ? std::to_string(*use.used) : "-",
          std::to_string(use.max),       note_of(use)};
}

// Of one limit the fullest first; what is not used at all is told only where nothing else is.
void add_rows(const std::vector<limit_use>& limits, std::vector<row>& out) {
  for (std::size_t from = 0; from < limits.size();) {
    std::vector<const limit_use*> same;
    for (; from < limits.size() && (same.empty() || limits[from].limit == same.front()->limit); ++from) {
      same.push_back(&limits[from]);
    }
    std::ranges::sort(same, [](const limit_use* a, const limit_use* b) {
      return a->used == b->used ? a < b : a->used > b->used;  // else as they came
    });
    std::size_t shown = 0;
    for (const auto* each : same) {
      const bool of_a_phone = each->per == domain::limit_kind::phone;
      if (shown > 0 && !of_a_phone && each->used.value_or(0) == 0) break;
      if (shown == shown_of_a_limit_max) {
        out.push_back({std::string(to_text(each->per)), std::to_string(same.size() - shown) + " more", "", "", "", ""});
        break;
      }
      out.push_back(to_row(*each));
      ++shown;
    }
  }
}

row allowance_row(const usage_report& report) {
  return {report.allowance.monthly ? "allowance" : "kinde sender",
          "",
          report.allowance.monthly ? "month" : "day",
          std::to_string(report.allowance_used),
          std::to_string(report.allowance.max),
          std::to_string(report.allowance_left()) + " left, until " + to_rfc3339(report.allowance_ends)};
}

void add_guesses(const usage_report& report, std::vector<row>& out) {
  if (!report.phone) return;
  const auto add = [&](const usage_report::guesses& of, const char* whose) {
    out.push_back({"wrong guesses", *report.phone + whose, "", std::to_string(of.wrong), "",
                   std::to_string(of.open) + " more may come of live challenges"});
  };
  add(report.stranger, " (stranger)");
  add(report.known, " (known device)");
}

std::string to_table(const std::vector<row>& rows) {
  std::array<std::size_t, 5> width{};
  for (const auto& each : rows) {
    for (std::size_t i = 0; i < width.size(); ++i) width[i] = std::max(width[i], each[i].size());
  }
  std::string out;
  for (const auto& each : rows) {
    std::string line;
    for (std::size_t i = 0; i < each.size(); ++i) {
      const bool number = i == 3 || i == 4;
      const auto pad = i < width.size() ? width[i] - each[i].size() : 0;
      if (i > 0) line += "  ";
      line += number ? std::string(pad, ' ') + each[i] : each[i] + std::string(pad, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

ordered_json to_json(const limit_use& use) {
  ordered_json out = {{"per", to_text(use.per)}};
  if (!use.subject.empty()) out["subject"] = use.subject;
  out["window"] = config::to_text(use.window);
  out["max"] = use.max;
  if (!use.used) return out;
  out["used"] = *use.used;
  if (use.per == domain::limit_kind::prefix) {
    out["sent_in_10m"] = use.sent;
    out["approved_in_10m"] = use.approved;
  }
  out["stops"] = use.stops();
  if (use.is_used_up()) out["free_in_s"] = std::chrono::ceil<seconds>(use.left).count();
  return out;
}

}  // namespace

std::string allowance_text(const usage_report& report) {
  return std::to_string(report.allowance_used) + " of " + std::to_string(report.allowance.max) +
         " texts by the Kinde sender used this " + (report.allowance.monthly ? "month" : "day") + ", " +
         std::to_string(report.allowance_left()) + " left until " + to_rfc3339(report.allowance_ends);
}

std::string to_lines(const usage_report& report) {
  std::vector<row> rows = {{"per", "of", "window", "used", "max", ""}};
  add_rows(report.limits, rows);
  add_guesses(report, rows);
  rows.push_back(allowance_row(report));
  for (const auto& each : report.frauds) {
    rows.push_back({"fraud answers", each.prefix, "10m", std::to_string(each.answers), "3",
                    each.left.count() > 0 ? "suspected_fraud, for " + about(each.left) : ""});
  }
  auto out = report.environment + " at " + to_rfc3339(report.at) + "\n\n" + to_table(rows);
  if (!report.missing.empty()) out += "\nThere may be more countries and prefixes: " + report.missing + '\n';
  return out;
}

ordered_json allowance_to_json(const usage_report& report) {
  return {{"per", report.allowance.monthly ? "month" : "day"},
          {"max", report.allowance.max},
          {"used", report.allowance_used},
          {"left", report.allowance_left()},
          {"ends_at", to_rfc3339(report.allowance_ends)}};
}

ordered_json to_json(const usage_report& report) {
  ordered_json out = {{"environment_id", report.environment}, {"at", to_rfc3339(report.at)}};
  out["limits"] = ordered_json::array();
  for (const auto& each : report.limits) out["limits"].push_back(to_json(each));
  out["allowance"] = allowance_to_json(report);
  out["fraud"] = ordered_json::array();
  for (const auto& each : report.frauds) {
    ordered_json entry = {{"prefix", each.prefix}, {"answers_in_10m", each.answers}, {"stops", each.left.count() > 0}};
    if (each.left.count() > 0) entry["free_in_s"] = std::chrono::ceil<seconds>(each.left).count();
    out["fraud"].push_back(std::move(entry));
  }
  if (report.phone) {
    const auto guesses = [](const usage_report::guesses& of) {
      return ordered_json{{"wrong", of.wrong}, {"open", of.open}};
    };
    out["phone"] = {{"phone_number", *report.phone},
                    {"stranger", guesses(report.stranger)},
                    {"known_device", guesses(report.known)}};
  }
  if (!report.missing.empty()) out["incomplete"] = report.missing;
  return out;
}

}  // namespace sendcode::app
