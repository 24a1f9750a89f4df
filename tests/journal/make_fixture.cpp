// Makes the frozen store of a generation: journal_fixture GENERATION FILE. Run once when a format
// is released; the file it makes is checked in and read by every build since.
#include <cstdlib>
#include <iostream>

#include "fixture_contents.hpp"
#include "journal/sqlite.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: journal_fixture GENERATION FILE\n";
    return 1;
  }
  journal::SqliteTuning tuning;
  tuning.format_if_new = std::atoi(argv[1]);
  tuning.loose_entries = 5;  // so that blocks are in it
  tuning.block_entries = 4;
  const auto journal = journal::make_sqlite_journal(argv[2], tuning);
  const std::vector<Entry> all = fixture_entries();
  const auto saved = [&](Revision at) {
    return journal->save_snapshot(source_of(at, all[at - 1].digest, fixture_parts(at)));
  };
  const auto append_all = [&] {
    for (Revision last = 0; last < fixture_last; last += 5)
      if (!journal->append(last, std::span(all).subspan(last, 5), {})) return false;
    return true;
  };
  const bool made = journal->open({fixture_incarnation}) && append_all() && saved(5) &&
                    saved(fixture_compacted) && saved(fixture_snapshot) &&
                    journal->compact(fixture_compacted);
  std::cout << (made ? hex(all.back().digest) : "failed") << '\n';
  return made ? 0 : 2;
}
