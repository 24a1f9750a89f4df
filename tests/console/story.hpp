// One small system and what happened in it, told in commits and events: what the frozen fixtures
// beside this file show, and the browser tests start from.
#pragma once

#include <vector>

#include "services/console/codec.hpp"
#include "services/console/state.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::test {

inline constexpr statekit::WallMs story_end_ms = 1'795'167'000'000;

console::ConsoleState story_state();
console::StatusView story_status();
std::vector<statekit::TimelineEvent> story_events();  // newest first

}  // namespace millrace::test
