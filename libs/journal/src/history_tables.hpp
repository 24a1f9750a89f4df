// The tables of the history index and its statements. Used by history_index.cpp only.
//   meta     up to where it is filled
//   commits  revision, time, what is told of it, a seal over that
//   words    authors and modules by number
//   found    author, module, revision: each commit under each of its modules, with and without its
//            author, and under its author alone (0 stands for any): one stretch answers a question
//   names    the changesets and endpoints that commits name, and the modules they stand for
#pragma once

#include <map>
#include <string>
#include <vector>

#include "journal/history_index.hpp"
#include "sqlite_database.hpp"

namespace millrace::journal {

// What a question finds, row by row.
class Rows {
 public:
  // Commits before `end`; the numbers are those of words.
  Rows(Database& database, std::int64_t author, std::int64_t module, statekit::Revision end,
       std::size_t limit);
  statekit::JournalResult<bool> step() { return query_.step(); }
  bool every() const { return every_; }  // not picked by a word
  statekit::Revision revision() const { return static_cast<statekit::Revision>(query_.number(0)); }
  statekit::WallMs time_ms() const { return query_.number(1); }
  statekit::Bytes octets() const { return query_.octets(2); }
  statekit::Bytes seal() const { return query_.octets(3); }

 private:
  const bool every_;
  Query query_;
};

class HistoryTables {
 public:
  explicit HistoryTables(Database& database) : database_(database) {}

  // `wrong_format` for another version.
  statekit::JournalResult<void> make_or_check(int version);
  statekit::JournalResult<HistoryPosition> read_position();
  statekit::JournalResult<void> write_position(const HistoryPosition& position);
  statekit::JournalResult<void> empty();
  statekit::JournalResult<void> put(const HistoryRecord& record, const statekit::Bytes& seal);
  statekit::JournalResult<void> put_names(const std::vector<HistoryName>& names,
                                          statekit::Revision revision);
  statekit::JournalResult<void> drop_before(statekit::Revision first);
  statekit::JournalResult<std::vector<std::string>> modules_of(const std::string& key);
  // The number of a word, for Rows; 0: any. One that was never seen has a number that
  // nothing is found under.
  statekit::JournalResult<std::int64_t> number_of(const std::string& word);
  // After a transaction that was not committed.
  void forget_numbers() { numbers_.clear(); }

 private:
  statekit::JournalResult<std::int64_t> number_for(const std::string& word);
  statekit::JournalResult<void> put_found(std::int64_t author, std::int64_t module,
                                          statekit::Revision revision);

  Database& database_;
  std::map<std::string, std::int64_t> numbers_;  // of words that were put in
};

}  // namespace millrace::journal
