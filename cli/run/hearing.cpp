#include "cli/run/hearing.hpp"

#include <algorithm>

namespace millrace::cli {
namespace {

constexpr std::int64_t backoff_ms_min = 200;
constexpr std::int64_t backoff_ms_max = 2'000;
// Parts of a lease. Renewed at a third and silent at half of it, two more replicas can be tried
// before it ends.
constexpr std::int64_t renew_part = 3;
constexpr std::int64_t silence_part = 2;
constexpr std::int64_t answer_part = 6;  // how long a renewal may wait for its answer, at least
constexpr std::int64_t opening_part = 4;
constexpr int doublings_max = 2;  // of the patience with one that is opened, up to a whole lease

}  // namespace

Hearing::Step Hearing::next(std::int64_t now_ms) const {
  if (stream_ == Stream::none) return now_ms >= reopen_ms_ ? Step::open : Step::wait;
  const std::int64_t silent = silent_ms(now_ms);
  if (stream_ == Stream::opening) return silent >= patience_ms() ? Step::leave : Step::wait;
  const std::int64_t unanswered = now_ms - renewed_ms_;
  // Who was late to renew cannot blame the other for it.
  const bool asked = renewed_ms_ > since_ms_ && unanswered >= lease_ms_ / answer_part;
  if (asked && silent >= lease_ms_ / silence_part) return Step::leave;
  return unanswered >= lease_ms_ / renew_part ? Step::renew : Step::wait;
}

// A slow service is not to be left again and again before it could answer.
std::int64_t Hearing::patience_ms() const {
  return lease_ms_ / opening_part << std::min(unanswered_, doublings_max);
}

void Hearing::opened(std::int64_t now_ms) {
  stream_ = Stream::opening;
  since_ms_ = renewed_ms_ = now_ms;
}

void Hearing::answered(std::int64_t now_ms, std::int64_t lease_ms) {
  stream_ = Stream::answered;
  lease_ms_ = lease_ms;
  since_ms_ = now_ms;
  backoff_ms_ = 0;
  unanswered_ = 0;
}

void Hearing::lost(std::int64_t now_ms, double fraction) {
  if (stream_ == Stream::opening) ++unanswered_;
  stream_ = Stream::none;
  backoff_ms_ = std::clamp(backoff_ms_ * 2, backoff_ms_min, backoff_ms_max);
  reopen_ms_ =
      now_ms + static_cast<std::int64_t>(static_cast<double>(backoff_ms_) * (0.5 + fraction / 2));
}

std::int64_t Hearing::silent_ms(std::int64_t now_ms) const { return now_ms - since_ms_; }

}  // namespace millrace::cli
