#include "services/schema/history_projection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "schema/change_codec.hpp"
#include "services/schema/codec.hpp"
#include "services/schema/history_names.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/machine_parts.hpp"

namespace millrace::schema_service {

using journal::HistoryAsk;
using journal::HistoryName;
using journal::HistoryPage;
using journal::HistoryPosition;
using statekit::Code;
using statekit::Entry;
using statekit::fail;
using statekit::JournalError;
using statekit::JournalFault;
using statekit::Result;
using statekit::Revision;
using statekit::within;

namespace {

constexpr std::size_t step_entries = 1'024;
constexpr std::size_t step_bytes = std::size_t{8} << 20;
constexpr Revision behind_max = 4 * step_entries;  // more than that is not waited for
constexpr std::chrono::milliseconds look_every{200};
constexpr std::chrono::seconds drop_every{30};

// What is wrong with the journal is no reason to make the index anew.
tl::unexpected<JournalError> of_journal(const std::string& message) {
  return tl::unexpected(JournalError{JournalFault::unavailable, message, {}, 0});
}

bool is_of_no_use(const JournalError& error) {
  return error.fault == JournalFault::corrupt || error.fault == JournalFault::wrong_format;
}

std::vector<HistoryName> as_names(std::vector<NamedModules> names) {
  std::vector<HistoryName> out;
  for (NamedModules& each : names) out.push_back({std::move(each.key), std::move(each.modules)});
  return out;
}

}  // namespace

HistoryProjection::HistoryProjection(statekit::Journal& journal, Reached reached, Note note)
    : journal_(journal), reached_(std::move(reached)), note_(std::move(note)) {}

HistoryProjection::~HistoryProjection() { stop(); }

void HistoryProjection::start(const std::string& path) {
  path_ = path;
  auto index = journal::open_history_index(path_);
  if (!index) {
    note_("schema.history-in-memory", index.error().message);
    path_.clear();
    index = journal::open_history_index(path_);
  }
  if (!index) return note_("schema.history-failed", index.error().message);
  index_ = *std::move(index);
  thread_ = std::thread([this] { follow(); });
}

void HistoryProjection::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HistoryProjection::commits_dropped() {
  {
    const std::lock_guard lock(mutex_);
    dropped_ = true;
  }
  wake_.notify_all();
}

void HistoryProjection::follow() {
  auto next_drop = std::chrono::steady_clock::now();
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    statekit::JournalResult<void> done;
    // Another replica, or an operator, may have dropped some as well.
    const bool drop = matched_ && (dropped_ || std::chrono::steady_clock::now() >= next_drop);
    if (drop) next_drop = std::chrono::steady_clock::now() + drop_every;
    if (drop) (void)drop_what_is_gone();  // the next time will do
    dropped_ = dropped_ && !drop;
    const bool more = !matched_ || behind() > 0;
    if (more) done = step();
    if (!done && !failing) note_("schema.history-failed", done.error().message);
    failing = !done.has_value();
    if (done && more) {  // let those who ask have their turn
      lock.unlock();
      lock.lock();
    } else {
      wake_.wait_for(lock, look_every, [this] { return stopping_ || dropped_; });
    }
  }
}

Revision HistoryProjection::behind() const {
  const Revision reached = reached_();
  const Revision last = index_->position().last;
  return reached > last ? reached - last : 0;
}

Result<HistoryPage> HistoryProjection::find(const HistoryAsk& ask) {
  const std::lock_guard lock(mutex_);
  if (!index_) return fail(Code::unavailable, "the history has no place to be kept: see the log");
  const auto failed = [](const JournalError& error) {
    return fail(within("looking into the history", to_error(error)));
  };
  for (bool again = false;; again = true) {
    while (!matched_ || behind() > 0) {
      if (matched_ && behind() > behind_max)
        return fail(Code::unavailable, "the history is being read from the journal, " +
                                           std::to_string(index_->position().last) + " of " +
                                           std::to_string(reached_()) +
                                           " commits so far: ask again soon");
      if (auto done = step(); !done) return failed(done.error());
    }
    auto page = index_->find(ask);
    if (page) return *std::move(page);
    if (again || !is_of_no_use(page.error())) return failed(page.error());
    note_("schema.history-made-anew", page.error().message);
    if (auto done = make_anew(); !done) return failed(done.error());
  }
}

HistoryProjection::Outcome<> HistoryProjection::step() {
  auto done = step_once();
  if (done || !is_of_no_use(done.error())) return done;
  note_("schema.history-made-anew", done.error().message);
  done = make_anew();
  return done ? step_once() : done;
}

HistoryProjection::Outcome<> HistoryProjection::step_once() {
  if (!matched_)
    if (auto done = match_journal(); !done) return done;
  const HistoryPosition at = index_->position();
  const Revision left = behind();
  if (left == 0) return {};
  const auto entries =
      journal_.read(at.last, std::min<std::size_t>(step_entries, left), step_bytes);
  if (!entries && entries.error().fault == JournalFault::compacted) return begin_again();
  if (!entries) return of_journal(entries.error().message);
  if (entries->empty()) return {};
  return take(*entries);
}

HistoryProjection::Outcome<> HistoryProjection::match_journal() {
  const auto head = journal_.head();
  if (!head) return of_journal(head.error().message);
  const HistoryPosition& at = index_->position();
  bool same = !at.incarnation.empty() && at.last + 1 >= head->first;
  if (same) {
    const auto known = check_same_history(journal_, *head, {at.incarnation, at.last, at.digest});
    if (!known && known.error().code != Code::failed_precondition)
      return of_journal(known.error().message);
    same = known.has_value();
  }
  const bool shorter = same && head->first > at.first;
  if (auto done = !same ? begin_again() : shorter ? drop_what_is_gone() : Outcome<>{}; !done)
    return done;
  matched_ = true;
  return {};
}

HistoryProjection::Outcome<> HistoryProjection::begin_again() {
  const auto head = journal_.head();
  if (!head) return of_journal(head.error().message);
  const auto names = names_before(head->first);
  if (!names) return tl::unexpected(names.error());
  return index_->begin({head->incarnation, head->first, head->first - 1, head->before_first},
                       *names);
}

HistoryProjection::Outcome<> HistoryProjection::make_anew() {
  matched_ = false;
  index_.reset();
  auto index = journal::remake_history_index(path_);
  if (!index) index = journal::open_history_index({});
  if (!index) return tl::unexpected(index.error());
  index_ = *std::move(index);
  return {};
}

HistoryProjection::Outcome<> HistoryProjection::drop_what_is_gone() {
  const auto head = journal_.head();
  if (!head) return of_journal(head.error().message);
  const HistoryPosition& at = index_->position();
  if (head->first <= at.first || head->first > at.last + 1) return {};
  const auto names = names_before(head->first);
  if (!names) return tl::unexpected(names.error());
  return index_->drop_before(head->first, *names);
}

HistoryProjection::Outcome<std::vector<HistoryName>> HistoryProjection::names_before(
    Revision first) {
  if (first <= 1) return std::vector<HistoryName>();
  auto parts = statekit::read_snapshot(journal_, first - 1);
  if (!parts) return of_journal(parts.error().message);
  if (!*parts) return std::vector<HistoryName>();
  const auto decoded = statekit::decode_snapshot_parts<schema::ChangeCodec>(std::move(**parts));
  if (!decoded) return of_journal(decoded.error().message);
  return as_names(names_in(decoded->snapshot));
}

HistoryProjection::Outcome<> HistoryProjection::take(const std::vector<Entry>& entries) {
  const HistoryPosition& at = index_->position();
  // The journal went back under us: that is for the machine to say, and for the next start.
  const auto follows = check_chain({at.incarnation, at.last, at.digest}, entries.front());
  if (!follows) return of_journal(follows.error().message);
  records_.clear();
  names_.clear();
  for (const Entry& entry : entries) {
    const auto envelope = statekit::decode_envelope(entry.commit);
    if (!envelope) return of_journal(envelope.error().message);
    const auto commit = statekit::from_envelope<schema::ChangeCodec>(entry.revision, *envelope);
    if (!commit) return of_journal(commit.error().message);
    if (auto done = add(*commit); !done) return done;
  }
  std::vector<HistoryName> names;
  for (auto& [key, modules] : names_) names.push_back({key, std::move(modules)});
  return index_->append(records_, names, entries.back().digest);
}

HistoryProjection::Outcome<> HistoryProjection::add(const schema::Commit& commit) {
  Outcome<> looked;
  const LookUp lookup = [&](const std::string& key) -> std::vector<std::string> {
    if (const auto fresh = names_.find(key); fresh != names_.end()) return fresh->second;
    auto found = index_->modules_of(key);
    if (found) return *std::move(found);
    looked = tl::unexpected(found.error());
    return {};
  };
  std::vector<std::string> modules;
  for (const schema::Event& event : commit.events) {
    const std::vector<std::string> more = modules_of(event, lookup);
    if (!looked) return looked;
    modules.insert(modules.end(), more.begin(), more.end());
    for (NamedModules& each : names_in(event)) names_[each.key] = std::move(each.modules);
  }
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  const auto& meta = commit.meta;
  records_.push_back(
      {meta.revision, meta.time_ms, meta.author, modules, history_entry_of(commit, modules)});
  return {};
}

}  // namespace millrace::schema_service
