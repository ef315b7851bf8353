#include "tests/sandbox/core/faults.hpp"

#include <algorithm>

namespace sendcode::sandbox {
namespace {

// Takes one of the fault's times, if there is one left.
bool fire(fault& one) {
  if (one.times && *one.times == 0) return false;
  if (one.times) --*one.times;
  ++one.fired;
  return true;
}

bool struck_at_header(const fault& one) noexcept {
  return one.kind == fault_kind::refuse || (one.kind == fault_kind::reset_before_read && one.to.empty());
}

bool fits_account(const fault& one, target aimed_at, std::string_view account) noexcept {
  return one.aimed_at == aimed_at && (one.account.empty() || one.account == account);
}

}  // namespace

bool fault::takes() const noexcept {
  switch (kind) {
    case fault_kind::malformed:
    case fault_kind::truncated:
    case fault_kind::taken_unanswered:
      return true;
    case fault_kind::status:
      return taken.value_or(http_status >= 200 && http_status < 300);
    default:
      return false;
  }
}

std::optional<std::uint64_t> fault_book::add(fault one) {
  if (faults_.size() == faults_max) return std::nullopt;
  one.id = ++last_id_;
  faults_.push_back(std::move(one));
  return last_id_;
}

bool fault_book::remove(std::uint64_t id) {
  return std::erase_if(faults_, [id](const fault& one) { return one.id == id; }) > 0;
}

bool fault_book::strikes_connection(bool kinde_port) {
  for (fault& one : faults_) {
    const bool kinde = one.aimed_at == target::kinde || one.aimed_at == target::token;
    if (one.kind == fault_kind::refuse && kinde == kinde_port && fire(one)) return true;
  }
  return false;
}

bool fault_book::strikes_header(target aimed_at, std::string_view account) {
  for (fault& one : faults_) {
    if (struck_at_header(one) && fits_account(one, aimed_at, account) && fire(one)) return true;
  }
  return false;
}

fault_book::strike fault_book::strikes_request(target aimed_at, std::string_view to, std::string_view account) {
  strike out;
  for (fault& one : faults_) {
    const bool fits = fits_account(one, aimed_at, account) && (one.to.empty() || one.to == to);
    if (!fits || struck_at_header(one)) continue;
    if (one.kind == fault_kind::latency) {
      if (fire(one)) out.latency += one.delay.value_or(milliseconds{0});
    } else if (!out.hit && fire(one)) {
      out.hit = one;
    }
  }
  return out;
}

}  // namespace sendcode::sandbox
