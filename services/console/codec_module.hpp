// The parts of the console's answers that describe one module and one timeline event. Used by
// codec.cpp only. Free functions, thread safe.
#pragma once

#include <string>

#include "services/console/state.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::v2alpha1 {
class ConsoleEvent;
class ConsoleModule;
class ConsoleModuleDetail;
}  // namespace millrace::v2alpha1

namespace millrace::console {

void fill(const ModuleEntry& module, v2alpha1::ConsoleModule& out);
void fill(const statekit::TimelineEvent& event, v2alpha1::ConsoleEvent& out);
// What its config and secrets stand at.
void fill_values(const ConsoleState& state, const schema::Module& module,
                 v2alpha1::ConsoleModuleDetail& out);
std::string schema_text(const schema::Module& module);

}  // namespace millrace::console
