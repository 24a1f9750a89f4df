#include "services/schema/workspace/polls.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "services/schema/workspace/journal_answer.hpp"

namespace millrace::workspace {

using namespace statekit;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds tick{100};  // between two looks for what other processes append

}  // namespace

Polls::Polls(schema_service::Workers& workers, bool shared)
    : workers_(workers), shared_(shared), thread_([this] { run(); }) {}

Polls::~Polls() { Polls::stop(); }

void Polls::stop() {
  std::vector<Parked> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(parked_);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const Parked& each : left)
    each.reply->send(httpkit::problem(503, "the server is stopping: ask again"));
}

// Parked first and looked at then, so that no append falls between.
void Polls::park(std::shared_ptr<HeldJournal> held, Revision after, std::int64_t ms,
                 std::shared_ptr<httpkit::Reply> reply) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return reply->send(httpkit::problem(503, "the server is stopping: ask again"));
    if (parked_.size() >= polls_max)
      return reply->send(httpkit::problem(503, "too many wait for a journal already: ask again"));
    number = ++count_;
    parked_.push_back({number, held, after, steady_clock::now() + milliseconds(ms), reply});
  }
  wake_.notify_all();
  reply->on_gone([polls = weak_from_this(), number] {
    if (const auto here = polls.lock()) here->forget(number);
  });
  answer(*held, held->journal().head());
}

void Polls::forget(std::uint64_t number) {
  std::vector<Parked> gone;
  const std::lock_guard lock(mutex_);
  for (auto each = parked_.begin(); each != parked_.end(); ++each)
    if (each->number == number) {
      gone.push_back(std::move(*each));
      parked_.erase(each);
      return;
    }
}

void Polls::ring(const HeldJournal& held, const Head& head) { answer(held, head); }

// Those that have what they wait for, or have waited long enough.
void Polls::answer(const HeldJournal& held, const JournalResult<Head>& head) {
  std::vector<Parked> ready;
  {
    const auto now = steady_clock::now();
    const std::lock_guard lock(mutex_);
    const auto stays = [&](const Parked& each) {
      return each.held.get() != &held || (each.until > now && !(head && head->last > each.after));
    };
    const auto from = std::stable_partition(parked_.begin(), parked_.end(), stays);
    std::move(from, parked_.end(), std::back_inserter(ready));
    parked_.erase(from, parked_.end());
  }
  for (const Parked& each : ready)
    each.reply->send(head ? head_answer(200, *head) : fault_answer(head.error()));
}

void Polls::look(const std::shared_ptr<HeldJournal>& held) {
  workers_.run([polls = weak_from_this(), held](const Status& able) {
    const auto here = polls.lock();
    if (!here) return;
    if (able) return here->answer(*held, held->journal().head());
    here->answer(*held, tl::unexpected(
                            JournalError{JournalFault::unavailable, able.error().message, {}, 0}));
  });
}

// REQUIRES: mutex_ is held.
std::vector<std::shared_ptr<HeldJournal>> Polls::due(Time now) {
  std::vector<std::shared_ptr<HeldJournal>> all;
  for (const Parked& each : parked_)
    if ((shared_ || each.until <= now) && std::find(all.begin(), all.end(), each.held) == all.end())
      all.push_back(each.held);
  return all;
}

void Polls::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Time next = Time::max();
    for (const Parked& each : parked_) next = std::min(next, each.until);
    if (parked_.empty())
      wake_.wait(lock);
    else
      wake_.wait_until(lock, shared_ ? std::min(next, steady_clock::now() + tick) : next);
    const auto looks = due(steady_clock::now());
    lock.unlock();
    for (const auto& each : looks) look(each);
    // What was just asked for is not asked for again at once.
    lock.lock();
    if (!looks.empty() && !stopping_) wake_.wait_for(lock, milliseconds(5));
  }
}

}  // namespace millrace::workspace
