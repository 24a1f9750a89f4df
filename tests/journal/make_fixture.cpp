// Makes the frozen store of generation 1: journal_fixture FILE. Run once when a format is released;
// the file it makes is checked in and read by every build since.
#include <iostream>

#include "fixture_contents.hpp"
#include "journal/sqlite.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: journal_fixture FILE\n";
    return 1;
  }
  const auto journal = journal::make_sqlite_journal(argv[1]);
  const std::vector<Entry> all = fixture_entries();
  const auto saved = [&](Revision at) {
    return journal->save_snapshot(source_of(at, all[at - 1].digest, fixture_parts(at)));
  };
  const bool made = journal->open({fixture_incarnation}) && journal->append(0, all, {}) &&
                    saved(5) && saved(fixture_compacted) && saved(fixture_snapshot) &&
                    journal->compact(fixture_compacted);
  std::cout << (made ? hex(all.back().digest) : "failed") << '\n';
  return made ? 0 : 2;
}
