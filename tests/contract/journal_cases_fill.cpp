// A journal that is filled with a copy of another: nobody serves it before it is whole.
#include "contract/journal_contract.hpp"

namespace millrace::contract {

namespace {

const Incarnation incarnation_c = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";

JournalResult<Head> open_to_fill(Journal& journal, const Incarnation& incarnation) {
  JournalOptions options{incarnation};
  options.fill = true;
  return journal.open(options);
}

std::unique_ptr<Journal> filling(Store& store, const Incarnation& incarnation) {
  std::unique_ptr<Journal> journal = store.handle();
  must(open_to_fill(*journal, incarnation));
  return journal;
}

JournalResult<Head> open_to_read(Journal& journal, bool fill) {
  JournalOptions options{{}, false};
  options.read_only = true;
  options.fill = fill;
  return journal.open(options);
}

// Refused by whoever does not fill it, and still there for whoever does.
void check_half(Store& store, Revision last) {
  const auto plain = must_fail(store.handle()->open({incarnation_a}), JournalFault::half_filled);
  CHECK(plain.message.find("again") != std::string::npos);
  must_fail(store.handle()->open({{}, false}), JournalFault::half_filled);
  must_fail(open_to_read(*store.handle(), false), JournalFault::half_filled);
  CHECK(must(open_to_read(*store.handle(), true)).last == last);
}

void half_filled_is_refused(Store& store) {
  const std::vector<Entry> entries = entries_after(7, sha256("before"), 3);
  {
    auto journal = filling(store, incarnation_b);
    must(journal->save_snapshot(source_of(7, sha256("before"), {"base"})));
    journal->close();
  }
  check_half(store, 7);
  {
    // Whoever goes on with it finds it as it was left.
    auto journal = store.handle();
    const Head head = must(open_to_fill(*journal, incarnation_c));
    CHECK(head == Head{incarnation_b, 8, 7, sha256("before"), sha256("before")});
    must(journal->append(7, entries, {}));
    CHECK(must(journal->head()).last == 10);
    CHECK(must(read_all(*journal, 7)) == entries);
    journal->close();
  }
  check_half(store, 10);
}

void filled_is_whole(Store& store) {
  std::vector<Entry> entries;
  {
    auto journal = filling(store, incarnation_b);
    entries = grow(*journal, 5);
    must(journal->save_snapshot(source_of(4, entries[3].digest, {"four"})));
    must(journal->filled());
    must(journal->filled());
    CHECK(must(journal->head()).last == 5);
    journal->close();
  }
  for (int restart = 0; restart < 2; ++restart) {
    auto journal = opened(store);
    CHECK(must(journal->head()) == Head{incarnation_b, 1, 5, {}, entries.back().digest});
    CHECK(must(read_all(*journal)) == entries);
    Revision revision = 0;
    CHECK(load_parts(*journal, 5, revision) == std::vector<Bytes>{"four"});
  }
  grow(*opened(store), 1);
}

void empty_is_renewed(Store& store) {
  { auto journal = opened(store); }
  CHECK(must(filling(store, incarnation_b)->head()) == Head{incarnation_b, 1, 0, {}, {}});
  check_half(store, 0);
  must(filling(store, incarnation_c)->filled());
  CHECK(must(opened(store)->head()).incarnation == incarnation_b);
}

void used_is_not_filled(Store& store) {
  const std::vector<Entry> entries = grow(*opened(store), 3);
  must_fail(open_to_fill(*store.handle(), incarnation_b), JournalFault::invalid);
  CHECK(must(read_all(*opened(store))) == entries);
  // A copy of this very journal is gone on with.
  must(filling(store, incarnation_a)->head());
  check_half(store, 3);
  must(filling(store, incarnation_a)->filled());
  grow(*opened(store), 1);
}

// Who had it open before cannot go on, or keeps it from being filled.
void who_had_it_open_is_shut_out(Store& store) {
  for (const std::size_t held : {0, 3}) {
    auto before = opened(store);
    if (held > 0) grow(*before, held);
    const Head end = must(before->head());
    auto journal = store.handle();
    // With its own incarnation, as a migration comes to what it filled before.
    const auto marked = open_to_fill(*journal, held > 0 ? end.incarnation : incarnation_b);
    const auto late = before->append(end.last, entries_after(end, 1, "late"), {});
    if (!marked) {
      must_fail(marked, JournalFault::unavailable);
      CHECK(must(late) == end.last + 1);
      return;
    }
    CHECK_FALSE(late);
    CHECK(must(journal->head()).last == end.last);
    must(journal->filled());
  }
}

}  // namespace

std::vector<Case> fill_cases() {
  return {
      {"HalfFilledIsRefused", "G9: what is being filled is opened by nobody else", nothing,
       half_filled_is_refused},
      {"FilledIsWhole", "what was filled is a journal like any other", nothing, filled_is_whole},
      {"FillRenewsEmpty", "an empty journal that is filled gets a new incarnation", nothing,
       empty_is_renewed},
      {"FillRefusesUsed", "another journal is not filled", nothing, used_is_not_filled},
      {"FillShutsOut", "who had it open before cannot append to what is being filled", nothing,
       who_had_it_open_is_shut_out},
  };
}

}  // namespace millrace::contract
