// What the tests on a real MariaDB share: handles, and entries appended at the head. One thread,
// but where it is said.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/mysql.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/mysql_server.hpp"

namespace millrace::journal {

using namespace statekit;
using namespace test;

// Also for threads of a test: Catch2 keeps what INFO and REQUIRE say in one list for all,
// unguarded, which two threads at a time destroy.
inline std::unique_ptr<Journal> handle(const std::string& url, const MysqlTuning& tuning = {}) {
  auto address = parse_mysql_url(url);
  check(address.has_value(), "the address of a test's server is one");
  return make_mysql_journal(std::move(*address), tuning);
}

inline std::unique_ptr<Journal> opened(const std::string& url, const MysqlTuning& tuning = {}) {
  auto journal = handle(url, tuning);
  const auto head = journal->open({incarnation_a});
  INFO((head ? std::string() : head.error().message));
  REQUIRE(head);
  return journal;
}

inline std::vector<Entry> append(Journal& journal, std::size_t count,
                                 const std::string& who = "test") {
  const auto head = journal.head();
  REQUIRE(head);
  auto entries = entries_after(*head, count, who);
  const auto done = journal.append(head->last, entries, {});
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
  return entries;
}

// Why it could not be opened.
inline JournalError closed_door(const std::string& url) {
  const auto head = handle(url)->open({incarnation_b});
  REQUIRE_FALSE(head);
  return head.error();
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace millrace::journal
