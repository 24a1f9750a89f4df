// The records of a journal in etcd: format 1 is frozen, so its octets are written out here.
#include "etcd/layout.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

namespace millrace::journal::etcd {
namespace {

using statekit::Digest;
using statekit::Head;
using statekit::JournalFault;

const Keys keys("w");

std::vector<KeyValue> records(const Head& head) {
  return {{keys.begin(), begin_value(head), 3},
          {keys.format(), format_value(), 3},
          {keys.head(), head_value(head), 5}};
}

}  // namespace

TEST_CASE("G9: the keys and records of format 1 are what they were") {
  CHECK(keys.commit(42) == "/w/00000000000000000042");
  CHECK(keys.commit(~Revision{0}) == "/w/18446744073709551615");
  CHECK(keys.snapshot(7) == "/w/snapshot/00000000000000000007");
  CHECK(keys.part(7, 19, 2) == "/w/part/00000000000000000007/00000000000000000019/00000002");
  CHECK(format_value() == "millrace journal 1");
  const Head head{test::incarnation_a, 1, 0, {}, {}};
  CHECK(begin_value(head) ==
        "1|" + std::string(64, '0') + "|" +
            statekit::hex(statekit::sha256("millrace etcd 1|1|" + std::string(64, '0') + "|")));
  CHECK(head_value(head).rfind(test::incarnation_a + "|0|" + std::string(64, '0') + "|", 0) == 0);
}

TEST_CASE("the records of a journal come back as they were written") {
  const Head head{test::incarnation_a, 8, 20, statekit::sha256("a"), statekit::sha256("b")};
  const auto root = read_root(keys, records(head));
  REQUIRE(root);
  REQUIRE(*root);
  CHECK((*root)->head == head);
  CHECK((*root)->begin_mod == 3);
  CHECK((*root)->head_mod == 5);
  REQUIRE(read_root(keys, {}));
  CHECK_FALSE(*read_root(keys, {}));
}

TEST_CASE("a record in which anything changed is corrupt") {
  const Head head{test::incarnation_a, 8, 20, statekit::sha256("a"), statekit::sha256("b")};
  for (const std::size_t which : {0, 2}) {
    const std::size_t size = records(head)[which].value.size();
    for (std::size_t at = 0; at < size; ++at) {
      std::vector<KeyValue> changed = records(head);
      changed[which].value[at] = static_cast<char>(changed[which].value[at] ^ 1);
      const auto root = read_root(keys, changed);
      REQUIRE_FALSE(root);
      CHECK(root.error().fault == JournalFault::corrupt);
    }
  }
  std::vector<KeyValue> missing = records(head);
  missing.pop_back();
  CHECK(read_root(keys, missing).error().fault == JournalFault::corrupt);
}

TEST_CASE("G9: a newer format and foreign keys in etcd are refused") {
  const Head head{test::incarnation_a, 1, 0, {}, {}};
  for (const char* format : {"millrace journal 2", "something else", ""}) {
    std::vector<KeyValue> other = records(head);
    other[1].value = format;
    const auto root = read_root(keys, other);
    REQUIRE_FALSE(root);
    CHECK(root.error().fault == JournalFault::wrong_format);
  }
  CHECK(read_root(keys, {{"/w/foreign", "x", 1}}).error().fault == JournalFault::wrong_format);
}

TEST_CASE("a commit in etcd closes its own link of the chain") {
  const statekit::Entry entry = test::entry_after(4, statekit::sha256("x"), test::commit_of("e"));
  const Bytes value = commit_value(statekit::sha256("x"), entry);
  const auto stored = read_commit(5, value);
  REQUIRE(stored);
  CHECK(stored->entry == entry);
  CHECK(stored->before == statekit::sha256("x"));
  CHECK(read_commit(6, value).error().revision == 6);
  for (std::size_t at = 0; at < value.size(); ++at) {
    Bytes changed = value;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(read_commit(5, changed).error().fault == JournalFault::corrupt);
  }
  CHECK(read_commit(5, value.substr(0, 63)).error().fault == JournalFault::corrupt);
}

TEST_CASE("a snapshot's seal and parts in etcd come back, or say that they changed") {
  const Seal seal{7, 19, 2, statekit::sha256("a"), statekit::sha256("b")};
  KeyValue found{keys.snapshot(7), seal_value(seal), 9};
  const auto read = read_seal(keys, found);
  REQUIRE(read);
  CHECK(read->revision == 7);
  CHECK(read->attempt == 19);
  CHECK(read->parts == 2);
  CHECK(read->content == statekit::sha256("b"));
  found.value[0] = '2';
  CHECK(read_seal(keys, found).error().fault == JournalFault::corrupt);
  Bytes part = part_value("octets");
  CHECK(read_part(part) == "octets");
  part.back() = 'x';
  CHECK_FALSE(read_part(part));
  CHECK_FALSE(read_part("short"));
}

}  // namespace millrace::journal::etcd
