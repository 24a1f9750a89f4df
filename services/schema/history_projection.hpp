// Who changed what, when and why: a projection of the journal that is kept in an indexed file
// beside the store (DATA/schema/history.db), so that no question reads the journal. It follows the
// machine on a thread of its own from where it was, and begins again from the journal when the file
// is missing, damaged, or of another history. Owned by Service. Thread safe, but for start and
// stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/history_index.hpp"
#include "schema/change.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

class HistoryProjection {
 public:
  // How far the machine is: what it has not published is not told of.
  using Reached = std::function<statekit::Revision()>;
  // Told of changes of condition, for the log.
  using Note = std::function<void(const std::string& event, const std::string& detail)>;

  HistoryProjection(statekit::Journal& journal, Reached reached, Note note);
  ~HistoryProjection();

  // An empty path: in memory. One that cannot be used is told of, and memory serves instead.
  void start(const std::string& path);
  void stop();
  // It will soon no longer tell of them.
  void commits_dropped();

  // As of what the machine has published by now. Unavailable while a long journal is read for the
  // first time. Blocks on storage.
  statekit::Result<journal::HistoryPage> find(const journal::HistoryAsk& ask);

 private:
  using Index = journal::HistoryIndex;
  template <class T = void>
  using Outcome = statekit::JournalResult<T>;

  void follow();
  // One stretch of commits, at most `step_entries`. All of these hold mutex_.
  Outcome<> step();
  Outcome<> step_once();
  Outcome<> match_journal();
  Outcome<> begin_again();
  Outcome<> make_anew();
  Outcome<> drop_what_is_gone();
  Outcome<std::vector<journal::HistoryName>> names_before(statekit::Revision first);
  Outcome<> take(const std::vector<statekit::Entry>& entries);
  Outcome<> add(const schema::Commit& commit);
  statekit::Revision behind() const;

  statekit::Journal& journal_;
  const Reached reached_;
  const Note note_;
  std::string path_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::unique_ptr<Index> index_;
  bool matched_ = false;  // that the index is of this journal
  bool dropped_ = false;
  // What `take` gathers.
  std::vector<journal::HistoryRecord> records_;
  std::map<std::string, std::vector<std::string>> names_;
  std::thread thread_;
};

}  // namespace millrace::schema_service
