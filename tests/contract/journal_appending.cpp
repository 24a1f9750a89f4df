#include "contract/journal_appending.hpp"

#include <unistd.h>

#include "support/commits.hpp"

namespace millrace::contract {

using namespace statekit;
using namespace test;

namespace {

constexpr Revision snapshot_every = 16;

}  // namespace

std::vector<Entry> nth_batch(const Head& head) {
  std::vector<Entry> batch;
  Revision last = head.last;
  Digest digest = head.digest;
  for (Revision i = 0; i <= head.last % 5; ++i) {
    const Bytes event = std::to_string(last + 1) + Bytes((last % 7) * 900, 'z');
    batch.push_back(entry_after(last, digest, commit_of(event)));
    digest = batch.back().digest;
    ++last;
  }
  return batch;
}

void append_until_killed(Journal& journal, int acks) {
  if (!journal.open({incarnation_a})) _exit(3);
  for (;;) {
    const JournalResult<Head> head = journal.head();
    if (!head) _exit(4);
    const std::vector<Entry> batch = nth_batch(*head);
    const JournalResult<Revision> done = journal.append(head->last, batch, {});
    if (!done || write(acks, &*done, sizeof *done) != sizeof *done) _exit(5);
    if (*done / snapshot_every != head->last / snapshot_every &&
        !journal.save_snapshot(source_of(*done, batch.back().digest, {"s", Bytes(9000, 's')})))
      _exit(6);
  }
}

}  // namespace millrace::contract
