// One line of the log for each changeset that came, moved on or ended since the last look. Called
// by the conductor's thread at each tick.
#pragma once

#include <map>
#include <string>

#include "services/schema/state.hpp"

namespace millrace::schema_service {

class ChangeLog {
 public:
  // The first look says nothing: what it sees is not new.
  void follow(const State& state);

 private:
  bool looked_ = false;
  Revision looked_at_ = 0;
  std::map<std::string, ChangesetPhase> active_;
};

}  // namespace millrace::schema_service
