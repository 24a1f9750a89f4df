// One line of the log for each changeset that came, moved on or ended since the last look. Called
// by the conductor's thread at each tick: `follow` with the state, `tell` once it is let go, since
// writing lines may take long and a reader holds the state's writer up.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/schema/state.hpp"

namespace millrace::schema_service {

class ChangeLog {
 public:
  // The first look says nothing: what it sees is not new.
  void follow(const State& state);
  // Writes the lines that `follow` left.
  void tell();

 private:
  struct Line {
    std::string event;
    std::string changeset;
    std::string modules;
    std::string failure;
  };
  static Line line_of(const State& state, const Changeset& changeset);

  std::vector<Line> lines_;
  bool looked_ = false;
  Revision looked_at_ = 0;
  std::map<std::string, ChangesetPhase> active_;
};

}  // namespace millrace::schema_service
