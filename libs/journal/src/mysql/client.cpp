#include "client.hpp"

#include <algorithm>
#include <random>

#include "../rules.hpp"
#include "faults.hpp"

namespace millrace::journal::mysql {

using namespace statekit;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int races_max = 32;  // lost by one transaction, within its deadline
constexpr int losses_max = 3;  // connections lost by one call before its COMMIT was sent
constexpr int rest_ms_max = 40;
constexpr milliseconds look_for_idle{1'000};
constexpr std::uint64_t packet_bytes_wanted = 4u << 20;  // what the largest commit may need

steady_clock::time_point in_ms(std::int64_t ms) { return steady_clock::now() + milliseconds(ms); }

tl::unexpected<JournalError> closed_handle() {
  return refuse(JournalFault::unavailable, "this handle of the journal is not open");
}

}  // namespace

Client::Client(MysqlAddress address, const MysqlTuning& tuning)
    : address_(std::move(address)), tuning_(tuning), watcher_([this] { watch(); }) {}

Client::~Client() {
  close();
  watcher_.join();
}

JournalError Client::error_of(const Failure& failure, const std::string& endpoint) const {
  return to_error(failure, endpoint, address_);
}

Answer<Outcome> Client::ask(const Sql& sql, std::int64_t deadline_ms,
                            const std::function<bool(Row)>& each,
                            const std::function<void()>& began) {
  const Moment end = in_ms(deadline_ms);
  for (int losses = 0, turn = 0;;) {
    auto session = acquire(end);
    if (!session) return tl::unexpected(session.error());
    if (began) began();
    const std::string endpoint = (*session)->endpoint();
    auto outcome = timed(**session, sql, std::min(end, in_ms(tuning_.attempt_ms_max)), each);
    release(std::move(*session), outcome || !outcome.error().lost);
    if (outcome) return std::move(*outcome);
    if (closed()) return closed_handle();
    const Failure& failure = outcome.error();
    const bool again = failure.lost ? ++losses <= losses_max : lost_a_race(failure);
    if (!again || ++turn > races_max || !rest(failure.lost ? 0 : turn, end)) {
      learn_of_write(&failure, endpoint);
      return tl::unexpected(error_of(failure, endpoint));
    }
  }
}

Answer<bool> Client::transact(const Work& work, std::int64_t deadline_ms) {
  const Moment end = in_ms(deadline_ms);
  for (int losses = 0, turn = 0;;) {
    auto session = acquire(end);
    if (!session) return tl::unexpected(session.error());
    const std::string endpoint = (*session)->endpoint();
    const auto ended = attempt(**session, work, end);
    bool whole = ended ? *ended != End::unsure : !ended.error().lost;
    if (!ended && whole)
      whole = timed(**session, Sql("ROLLBACK"), in_ms(tuning_.attempt_ms_max)).has_value();
    release(std::move(*session), whole);
    if (ended && *ended == End::unsure)
      return refuse(JournalFault::unknown,
                    "mysql " + endpoint + ": the answer to a commit did not come");
    if (ended) {
      if (*ended == End::committed) learn_of_write(nullptr, endpoint);
      return *ended == End::committed;
    }
    if (closed()) return closed_handle();
    const Failure& failure = ended.error();
    const bool again = failure.lost ? ++losses <= losses_max : lost_a_race(failure);
    if (!again || ++turn > races_max || !rest(failure.lost ? 0 : turn, end)) {
      learn_of_write(&failure, endpoint);
      return tl::unexpected(error_of(failure, endpoint));
    }
  }
}

// Whatever fails before the COMMIT is sent has stored nothing: the server rolls back what it has of
// a transaction whose connection ends.
Tried<Client::End> Client::attempt(Session& session, const Work& work, Moment end) {
  const auto limited = [&] { return std::min(end, in_ms(tuning_.attempt_ms_max)); };
  const bool tidb = session.facts().tidb;
  const Sql begin = tidb ? Sql("BEGIN PESSIMISTIC") : Sql("START TRANSACTION");
  const auto begun = timed(session, begin, limited());
  if (!begun) return tl::unexpected(begun.error());
  const auto wanted = work([&](const Sql& sql) { return timed(session, sql, limited()); });
  if (!wanted) return tl::unexpected(wanted.error());
  if (!*wanted) {
    const auto undone = timed(session, Sql("ROLLBACK"), limited());
    if (!undone) return tl::unexpected(undone.error());
    return End::rolled_back;
  }
  // Not a syllable of it is sent once the caller's time is over.
  if (steady_clock::now() >= end)
    return tl::unexpected(Failure{0, "the time for it was over before it was done", true});
  const auto done = timed(session, Sql("COMMIT"), end);
  if (done) return End::committed;
  if (surely_nothing(done.error())) return tl::unexpected(done.error());
  return End::unsure;
}

// Until `unwatched`, the session is cut at `end`, and when this is closed. False: it is closed
// already.
bool Client::watched(Session& session, Moment end) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  busy_[&session] = end;
  if (end < next_look_) changed_.notify_all();
  return true;
}

void Client::unwatched(Session& session) {
  const std::lock_guard lock(mutex_);
  busy_.erase(&session);
}

Tried<Outcome> Client::timed(Session& session, const Sql& sql, Moment end,
                             const std::function<bool(Row)>& each) {
  if (!watched(session, end)) return tl::unexpected(Failure{0, "the handle was closed", true});
  auto outcome = session.run(sql, each);
  unwatched(session);
  return outcome;
}

// At least as long as a statement may take: a short deadline of one caller makes a connection that
// others use.
Tried<void> Client::greet(Session& session, Moment end) {
  if (!watched(session, std::max(end, in_ms(tuning_.attempt_ms_max))))
    return tl::unexpected(Failure{0, "the handle was closed", true});
  auto greeted = session.greet(tuning_);
  unwatched(session);
  return greeted;
}

Answer<std::unique_ptr<Session>> Client::acquire(Moment end) {
  {
    std::unique_lock lock(mutex_);
    const auto some = [&] { return closed_ || !idle_.empty() || open_ < tuning_.connections_max; };
    if (!changed_.wait_until(lock, end, some))
      return refuse(JournalFault::unavailable,
                    "mysql: none of the " + std::to_string(tuning_.connections_max) +
                        " connections of this handle became free in time");
    if (closed_) return closed_handle();
    if (!idle_.empty()) {
      auto session = std::move(idle_.back().session);
      idle_.pop_back();
      return session;
    }
    ++open_;
  }
  auto made = connect(end);
  if (!made) {
    const std::lock_guard lock(mutex_);
    --open_;
    changed_.notify_all();
  }
  return made;
}

// The endpoint that answered last, then the others, once each while there is time.
Answer<std::unique_ptr<Session>> Client::connect(Moment end) {
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    first = next_;
  }
  JournalError error;
  for (std::size_t i = 0; i < address_.endpoints.size(); ++i) {
    if (i > 0 && steady_clock::now() >= end) break;
    const std::size_t at = (first + i) % address_.endpoints.size();
    const std::string& endpoint = address_.endpoints[at];
    auto made = Session::connect(address_, endpoint, tuning_);
    if (made)
      if (auto greeted = greet(**made, end); !greeted) made = tl::unexpected(greeted.error());
    if (closed()) return closed_handle();
    // A replica may be behind, and what it answers would be taken for the newest.
    if (made && (*made)->facts().read_only) {
      constexpr unsigned no_writes = 1290;
      made = tl::unexpected(Failure{no_writes, {}, false});
    }
    if (made) {
      const std::lock_guard lock(mutex_);
      next_ = at;
      facts_ = (*made)->facts();
      return std::move(*made);
    }
    const JournalError found = error_of(made.error(), endpoint);
    error.message += (error.message.empty() ? "" : "; ") + found.message;
    error.fault = found.fault;
  }
  return tl::unexpected(std::move(error));
}

void Client::release(std::unique_ptr<Session> session, bool whole) {
  std::vector<Idle> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (whole && !closed_) {
      idle_.push_back({std::move(session), in_ms(tuning_.idle_ms_max)});
    } else {
      // Where one was lost, those that stood idle beside it are no better.
      dropped.swap(idle_);
      open_ -= 1 + static_cast<int>(dropped.size());
    }
    changed_.notify_all();
  }
}

Facts Client::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void Client::learn_of_write(const Failure* failure, const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  if (failure == nullptr)
    stopped_.clear();
  else if (stops_writes(*failure))
    stopped_ = error_of(*failure, endpoint).message;
}

std::vector<JournalWarning> Client::warnings() const {
  std::vector<JournalWarning> found;
  const std::lock_guard lock(mutex_);
  if (!stopped_.empty()) found.push_back({stopped_, true});
  if (!facts_.syncs)
    found.push_back(
        {"mysql: a power cut may lose what was acknowledged: set "
         "innodb_flush_log_at_trx_commit=1"});
  if (facts_.packet_bytes_max != 0 && facts_.packet_bytes_max < packet_bytes_wanted)
    found.push_back({"mysql: the largest commits are refused, since max_allowed_packet is " +
                     std::to_string(facts_.packet_bytes_max) + ": raise it to " +
                     std::to_string(packet_bytes_wanted) + " or more"});
  return found;
}

// Between two attempts. False when the time is over, or this is closed.
bool Client::rest(int turn, Moment end) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int most = std::min(rest_ms_max, 1 << std::min(turn, 6));
  const Moment until = in_ms(turn == 0 ? 0 : 1 + static_cast<int>(random() % most));
  if (until >= end) return false;
  std::unique_lock lock(mutex_);
  return !changed_.wait_until(lock, until, [this] { return closed_; });
}

// Cuts what takes longer than it may, and closes what nobody uses.
void Client::watch() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const Moment now = steady_clock::now();
    Moment next = now + look_for_idle;
    for (auto& [session, end] : busy_) {
      if (end <= now)
        session->cut();
      else
        next = std::min(next, end);
    }
    std::vector<Idle> old;
    for (Idle& each : idle_)
      if (each.until <= now) old.push_back(std::move(each));
    std::erase_if(idle_, [](const Idle& each) { return each.session == nullptr; });
    open_ -= static_cast<int>(old.size());
    if (!old.empty()) {
      lock.unlock();
      old.clear();
      lock.lock();
      continue;
    }
    next_look_ = next;
    changed_.wait_until(lock, next);
  }
}

void Client::close() {
  std::vector<Idle> idle;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto& [session, end] : busy_) session->cut();
  idle.swap(idle_);
  changed_.notify_all();
}

bool Client::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace millrace::journal::mysql
