#include "services/routing/balance.hpp"

#include <algorithm>

namespace millrace::routing {
namespace {

// `random`'s upper and lower halves as two numbers below `count`.
std::size_t upper_below(std::uint64_t random, std::size_t count) {
  return static_cast<std::size_t>((random >> 32) * count >> 32);
}
std::size_t lower_below(std::uint64_t random, std::size_t count) {
  return static_cast<std::size_t>((random & 0xffffffffU) * count >> 32);
}

// The nth candidate that is not out.
std::size_t nth_in(std::span<const Candidate> candidates, std::size_t n) {
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (!candidates[i].out && n-- == 0) return i;
  return 0;
}

}  // namespace

std::size_t choose(std::span<const Candidate> candidates, std::uint64_t random) {
  const auto in = static_cast<std::size_t>(
      std::count_if(candidates.begin(), candidates.end(), [](auto& each) { return !each.out; }));
  const std::size_t count = in == 0 ? candidates.size() : in;
  if (count == 1 && in == 0) return 0;
  const std::size_t first = upper_below(random, count);
  // Among the others, so that the two differ.
  const std::size_t step = count > 1 ? 1 + lower_below(random, count - 1) : 0;
  const std::size_t second = (first + step) % count;
  const std::size_t a = in == 0 ? first : nth_in(candidates, first);
  const std::size_t b = in == 0 ? second : nth_in(candidates, second);
  return candidates[b].in_flight < candidates[a].in_flight ? b : a;
}

void Ejection::failed(MonoMs now, const EjectionLimits& limits) {
  if (out(now)) return;  // calls that were on their way already
  ++failures_;
  if (ejections_ == 0 && failures_ < limits.failures_max) return;
  const std::uint32_t doublings = std::min(ejections_, 20U);
  out_until_ = now + std::min(limits.out_ms_min << doublings, limits.out_ms_max);
  ++ejections_;
}

}  // namespace millrace::routing
