#include "statekit/past_states.hpp"

#include <string>

namespace millrace::statekit {

std::optional<SnapshotPart> PastState::next() {
  if (next_ == state_->parts.size()) return std::nullopt;
  const bool last = next_ + 1 == state_->parts.size();
  const auto index = static_cast<std::uint32_t>(next_);
  return SnapshotPart{state_->position, index, last, state_->parts[next_++]};
}

Result<PastState> PastStates::enter() {
  const std::size_t others = (*taken_)++;
  std::shared_ptr<const void> place(taken_.get(), [taken = taken_](const void*) { --*taken; });
  if (others >= past_states_max)
    return fail(Code::resource_exhausted, "too many past states are being sent here (" +
                                              std::to_string(past_states_max) +
                                              "): try again later");
  return PastState(std::move(place));
}

}  // namespace millrace::statekit
