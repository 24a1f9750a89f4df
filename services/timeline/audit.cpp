#include "services/timeline/audit.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "services/timeline/codec.hpp"

namespace millrace::timeline {

using journal::AuditContent;
using journal::AuditNote;
using journal::AuditRow;
using statekit::Result;

namespace {

// Events by their time, to find one that has another number in another file.
using ByTime = std::multimap<statekit::WallMs, TimelineEvent>;

ByTime by_time(const std::vector<TimelineEvent>& events) {
  ByTime all;
  for (const TimelineEvent& each : events) all.emplace(each.time_ms, each);
  return all;
}

bool has(const ByTime& all, const TimelineEvent& event) {
  const auto [begin, end] = all.equal_range(event.time_ms);
  return std::any_of(begin, end, [&](const auto& each) {
    TimelineEvent same = each.second;
    same.id = event.id;
    return same == event;
  });
}

Result<std::vector<TimelineEvent>> decode_all(const AuditContent& content) {
  std::vector<TimelineEvent> events;
  events.reserve(content.rows.size());
  for (const AuditRow& row : content.rows) {
    Result<TimelineEvent> event = decode_kept(row.octets);
    if (!event)
      return statekit::fail(
          statekit::within("reading event " + std::to_string(row.id), std::move(event.error())));
    event->id = row.id;
    events.push_back(*std::move(event));
  }
  return events;
}

void call(const std::vector<std::function<void()>>& all) {
  for (const auto& each : all) each();
}

}  // namespace

Audit::Audit(const statekit::Clock& clock, AuditOptions options)
    : clock_(clock), options_(std::move(options)), room_(options_.limits) {
  if (!options_.open) return;
  attach();
  thread_ = std::thread([this] { run(); });
}

Audit::~Audit() { stop(); }

void Audit::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  file_.reset();
}

void Audit::add(std::vector<TimelineEvent> events, std::function<void()> then) {
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    for (TimelineEvent& event : events) put(std::move(event));
    waits = writable_ && !stopping_ && !is_stuck();
    if (waits) waiting_.push_back(std::move(then));
  }
  if (waits) return wake_.notify_one();
  then();
}

void Audit::put(TimelineEvent event) {
  Ids gone;
  const std::uint64_t id = room_.add(std::move(event), gone);
  if (!writable_) return;
  unwritten_.insert(id);
  for (const std::uint64_t each : gone)
    if (unwritten_.erase(each) == 0) removed_.push_back(each);
}

AuditPage Audit::query(const Filter& filter, const std::string& who, std::uint64_t before_id,
                       const PageLimits& limits) const {
  const std::lock_guard lock(mutex_);
  return {room_.query(filter, who, before_id, limits), room_.oldest_id(), figures_now()};
}

AuditFigures Audit::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_now();
}

AuditFigures Audit::figures_now() const {
  AuditFigures out;
  out.done_gone = room_.gone(AuditKind::done);
  out.denied_gone = room_.gone(AuditKind::denied);
  out.done_events = room_.events(AuditKind::done);
  out.denied_events = room_.events(AuditKind::denied);
  out.bytes = room_.bytes(AuditKind::done) + room_.bytes(AuditKind::denied);
  out.unwritten = writable_ ? unwritten_.size() + in_hand_ : out.done_events + out.denied_events;
  out.memory_only = why_;
  return out;
}

bool Audit::has_work() const {
  return !unwritten_.empty() || !removed_.empty() || !waiting_.empty();
}

bool Audit::is_stuck() const {
  return writing_since_ && clock_.mono_ms() - *writing_since_ > options_.stuck_ms_max;
}

void Audit::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!writable_)
      wake_.wait_for(lock, std::chrono::milliseconds(options_.retry_ms),
                     [this] { return stopping_; });
    else
      wake_.wait(lock, [this] { return stopping_ || has_work(); });
    if (stopping_ && !(writable_ && has_work())) return;
    if (writable_) {
      Batch batch = take_batch();
      lock.unlock();
      write(std::move(batch));
    } else {
      lock.unlock();
      attach();
    }
    lock.lock();
  }
}

void Audit::attach() {
  auto file = options_.open();
  if (!file) return give_up(file.error().message);
  auto content = (*file)->read();
  if (!content) return give_up(content.error().message);
  auto events = decode_all(*content);
  if (!events) return give_up(events.error().message);
  bool done = false;
  {
    const std::lock_guard lock(mutex_);
    file_ = *std::move(file);
    reconcile(content->note, *std::move(events));
    writable_ = true;
    done = !has_work();
  }
  if (done) all_is_well();  // else once what it lacks was written
}

void Audit::all_is_well() {
  {
    const std::lock_guard lock(mutex_);
    if (why_.empty()) return;
    why_.clear();
  }
  options_.note({});
}

// The file that was being written when something went wrong lacks what came since; any other one
// is gone on with.
void Audit::reconcile(const AuditNote& note, std::vector<TimelineEvent> on_disk) {
  unwritten_.clear();
  removed_.clear();
  if (!is_as_left(note, on_disk)) return move_to(note, std::move(on_disk));
  for (const EventPtr& each : room_.all()) unwritten_.insert(each->id);
  for (const TimelineEvent& each : on_disk)
    if (unwritten_.erase(each.id) == 0) removed_.push_back(each.id);
}

// False: it is another file, or another process wrote into it meanwhile.
bool Audit::is_as_left(const AuditNote& note, const std::vector<TimelineEvent>& on_disk) const {
  if (note.file != attached_ || note.newest_id > room_.newest_id()) return false;
  std::map<std::uint64_t, EventPtr> kept;
  for (const EventPtr& each : room_.all()) kept.emplace(each->id, each);
  return std::all_of(on_disk.begin(), on_disk.end(), [&](const TimelineEvent& event) {
    const auto found = kept.find(event.id);
    return found == kept.end() ? event.id <= room_.newest_id() : *found->second == event;
  });
}

void Audit::move_to(const AuditNote& note, std::vector<TimelineEvent> on_disk) {
  const AuditRoom own = std::exchange(room_, AuditRoom(options_.limits));
  attached_ = note.file;
  AuditGone done{note.done_gone, note.done_gone_ms};
  AuditGone denied{note.denied_gone, note.denied_gone_ms};
  for (const auto& [kind, gone] :
       {std::pair{AuditKind::done, &done}, {AuditKind::denied, &denied}}) {
    gone->events += own.gone(kind).events;
    gone->newest_ms = std::max(gone->newest_ms, own.gone(kind).newest_ms);
  }
  const ByTime there = by_time(on_disk);
  removed_ = room_.restore(std::move(on_disk), note.newest_id, done, denied);
  for (const EventPtr& each : own.all()) {
    if (has(there, *each)) continue;
    Ids gone;
    unwritten_.insert(room_.add(*each, gone));
    for (const std::uint64_t id : gone)
      if (unwritten_.erase(id) == 0) removed_.push_back(id);
  }
}

Audit::Batch Audit::take_batch() {
  Batch batch;
  const AuditGone& done = room_.gone(AuditKind::done);
  const AuditGone& denied = room_.gone(AuditKind::denied);
  batch.note = {attached_,      room_.newest_id(), done.events,
                done.newest_ms, denied.events,     denied.newest_ms};
  for (const std::uint64_t id : unwritten_) batch.added.push_back(room_.at(id));
  in_hand_ = unwritten_.size();
  unwritten_.clear();
  batch.removed = std::exchange(removed_, {});
  batch.told = std::exchange(waiting_, {});
  writing_since_ = clock_.mono_ms();
  return batch;
}

void Audit::write(Batch batch) {
  std::vector<AuditRow> rows;
  rows.reserve(batch.added.size());
  for (const EventPtr& each : batch.added) rows.push_back({each->id, encode_kept(*each)});
  const auto written = file_->write(batch.note, rows, batch.removed);
  {
    const std::lock_guard lock(mutex_);
    in_hand_ = 0;
    writing_since_.reset();
  }
  if (written)
    all_is_well();
  else
    give_up(written.error().message);
  call(batch.told);
}

void Audit::give_up(const std::string& why) {
  file_.reset();
  Told told;
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    writable_ = false;
    unwritten_.clear();
    removed_.clear();
    told = std::exchange(waiting_, {});
    news = std::exchange(why_, why) != why;
  }
  if (news) options_.note(why);
  call(told);
}

}  // namespace millrace::timeline
