// The transcripts in tests/script/schema: what each command, time and the clockwork make of a
// state.
//
// The paths of a changeset, and where each is written down:
//
//   created: refused                            first_deploy, remove, superseded, tokens
//            refused, it breaks callers         breaks
//            refused, a called module goes      breaks; remove, where the caller is in flight
//            refused, another one holds it      two_at_once, back_to_a_revision
//            planned, nothing changes           breaks, replaced
//   preparing -> prepared                       first_deploy, endpoints, fixed
//             -> rolling-back, by a client      rollback, phases
//                              at its deadline  deadline
//             -> failed                         two_at_once
//             commit is refused                 hold, phases
//   prepared  -> committed, by itself           first_deploy, replaced
//                           by hand             hold, canary
//             commit is refused, its module died   two_at_once, canary, died
//                                a caller came     allow_breaking
//             -> rolling-back, by a client      phases, back_to_a_revision
//                              its canary died  canary
//                              it died and the deadline passed  died
//             -> failed                         rollback, phases
//   rolling-back -> failed, by itself           rollback, deadline
//                           at once             phases
//             commit, rollback are refused      phases
//   committed -> drained, acknowledged          draining, phases
//                         at drain_max          draining, phases, back_to_a_revision
//             commit, rollback, fail are refused   phases
//   drained   -> finalized                      phases, restart_phases
//             commit, rollback, fail are refused   phases
//   finalized, failed: nothing more             phases
//             what was replaced is kept, then gone   replaced
//   back to a revision                          back_to_a_revision
//            planned; refused, it breaks callers   back_breaks
//   over a restart, in each phase               restart_phases
#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/transcript.hpp"
#include "tests/schema_service/script.hpp"

TEST_CASE("every transcript of the schema service comes out as it is written") {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SCRIPTS))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 20);
  for (const std::string& file : files) {
    millrace::test::Script script;
    millrace::test::play_transcript(
        file, [&](const std::string& command) { return script.run(command); });
  }
}
