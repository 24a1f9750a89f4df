#include "cli/client/attempts.hpp"

#include <algorithm>

namespace millrace::cli {

using statekit::Code;
using statekit::Error;

namespace {

// Several replicas share what they stand on: while it chooses a leader anew all of them refuse.
constexpr std::size_t rounds_max = 4;
constexpr std::int64_t round_pause_ms = 500;
constexpr std::int64_t try_ms_min = 50;  // with less left nobody is asked

std::string seconds_of(std::int64_t ms) {
  return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + " s";
}

}  // namespace

std::optional<Attempts::Next> Attempts::next(std::int64_t now_ms) {
  const std::size_t round = tried_ / question_.replicas;
  const std::size_t in_round = tried_ % question_.replicas;
  if (!again_ || round == rounds_max) return std::nullopt;
  const std::int64_t pause_ms = tried_ > 0 && in_round == 0 ? round_pause_ms : 0;
  const std::int64_t left_ms = begun_ms_ + question_.within_ms - now_ms - pause_ms;
  if (tried_ > 0 && left_ms < try_ms_min) return std::nullopt;
  last_ = (question_.first + in_round) % question_.replicas;
  ++tried_;
  // One that is silent leaves time for those that were not asked yet.
  const auto others = static_cast<std::int64_t>(question_.replicas - in_round);
  return Next{last_, pause_ms, std::max(left_ms / others, try_ms_min)};
}

bool Attempts::failed(const Error& error, Reach reach) {
  const bool was_done_perhaps =
      reach == Reach::cut || reach == Reach::silent || error.code == Code::unknown;
  may_be_done_ = may_be_done_ || was_done_perhaps;
  errors_[last_] = error;
  const bool lost =
      was_done_perhaps || error.code == Code::unavailable || error.code == Code::deadline_exceeded;
  const bool several = question_.replicas > 1;
  again_ = lost && (several || was_done_perhaps || may_be_done_);
  if (question_.changes && may_be_done_ && !question_.safe_again) again_ = false;
  return again_;
}

Error Attempts::error(std::int64_t now_ms) const {
  Error error = errors_[last_].value_or(Error{Code::unavailable, "nobody was asked", {}});
  const bool refused = error.code != Code::unavailable && error.code != Code::unknown &&
                       error.code != Code::deadline_exceeded;
  // Who refuses knows; with a token that was used the answer would have been the first one's.
  if (refused) return error;
  if (question_.replicas > 1) error = all_errors(now_ms);
  if (!may_be_done()) return error;
  error.code = Code::unknown;
  error.message = "it is not known whether this was done: " + error.message;
  error.details.emplace_back(
      "`millrace schema history` shows what was committed; look before you do it again");
  return error;
}

Error Attempts::all_errors(std::int64_t now_ms) const {
  Error all{errors_[last_]->code,
            "none of " + std::to_string(question_.replicas) + " schema services did it in " +
                seconds_of(now_ms - begun_ms_) + " and " + std::to_string(tried_) + " attempts",
            {}};
  for (std::size_t i = 0; i < question_.replicas; ++i) {
    const auto& each = errors_[(question_.first + i) % question_.replicas];
    if (!each) continue;
    all.details.push_back(each->message);
    for (const std::string& detail : each->details) all.details.push_back("  " + detail);
  }
  return all;
}

}  // namespace millrace::cli
