// Whom a changeset would break: its changes, who of those deployed meets each, and the gate that
// refuses breaks which nobody accepted. Asked when a changeset is created, again when it is
// committed, and by a plan. Pure, free of threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/compat.hpp"
#include "services/schema/commands.hpp"
#include "services/schema/state.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

// Of one changeset, with what it may keep in a commit next to its modules.
inline constexpr std::size_t breaks_max = 2'000;
inline constexpr std::size_t break_line_bytes_max = 400;

struct Judged {
  std::vector<schema::Change> changes;
  std::vector<std::vector<schema::Hit>> hits;  // one list for each change
  // "shop.Order.total: Int is now String [changed-type]: cart.checkout calls shop.create", sorted.
  // The line is the break: it is what is listed, accepted and recorded.
  std::vector<std::string> breaks;
};

// What these modules and removals change against the canonical schema. Callers in modules that come
// along are not broken, nor is whoever sends to a route of a module that is removed by its name.
Judged judge(const State& state, const std::vector<std::shared_ptr<const schema::Module>>& modules,
             const std::vector<std::string>& removed);
// The same of what a command asks for. Whoever goes back to a revision names no module, so that the
// routes of one that came later are broken like others.
Judged judge(const State& state, const std::vector<std::shared_ptr<const schema::Module>>& modules,
             const CreateChangeset& command);

// The breaks that a new changeset makes and that its command accepts; `modules`: what it brings.
// FailedPrecondition, with a break a detail, when it makes others; ResourceExhausted when they are
// too many to be recorded.
statekit::Result<std::vector<std::string>> accepted_breaks(
    const State& state, const std::vector<std::shared_ptr<const schema::Module>>& modules,
    const CreateChangeset& command);

// Refused when a changeset would break more at this revision than was accepted when it was created.
statekit::Status check_breaks(const State& state,
                              const std::vector<std::shared_ptr<const schema::Module>>& modules,
                              const Changeset& changeset);

}  // namespace millrace::schema_service
