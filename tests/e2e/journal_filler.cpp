// journal_filler URL COUNT: a journal of so many commits, which end-to-end tests move about. Each
// is one that the schema service can read.
#include <iostream>
#include <string>

#include "journal/open.hpp"
#include "schema/change_codec.hpp"
#include "statekit/commit_codec.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const auto journal = journal::open_journal(argv[1]);
  if (!journal) return std::cerr << journal.error().message << '\n', 2;
  auto head = (*journal)->open({test::incarnation_a});
  const Revision count = std::stoull(argv[2]);
  while (head && head->last < count) {
    std::vector<Entry> entries;
    Digest digest = head->digest;
    for (Revision next = head->last + 1; next <= count && entries.size() < append_entries_max;
         ++next) {
      CommitMeta meta{next, static_cast<WallMs>(next), "author" + std::to_string(next % 7), "why"};
      const Bytes commit = encode({schema::ChangeCodec::encode_header(meta), {}});
      entries.push_back(test::entry_after(next - 1, digest, commit));
      digest = entries.back().digest;
    }
    const auto written = (*journal)->append(head->last, entries, {});
    if (!written) return std::cerr << written.error().message << '\n', 2;
    head = (*journal)->head();
  }
  if (!head) return std::cerr << head.error().message << '\n', 2;
  return 0;
}
