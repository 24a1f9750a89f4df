// What one that keeps an endpoint registered does when the schema service is silent.
#include "cli/run/hearing.hpp"

#include "support/catch.hpp"

using millrace::cli::Hearing;
using Step = Hearing::Step;

namespace {

constexpr std::int64_t lease_ms = 12'000;

// One that was opened and answered at `now_ms`.
Hearing answered_at(std::int64_t now_ms) {
  Hearing hearing;
  hearing.opened(now_ms);
  hearing.answered(now_ms, lease_ms);
  return hearing;
}

// Until it says something else than wait; the time at which it did.
std::int64_t next_change(const Hearing& hearing, std::int64_t now_ms) {
  while (hearing.next(now_ms) == Step::wait) now_ms += 10;
  return now_ms;
}

// From the last answer on, with services that never say anything: when each was asked.
std::vector<std::int64_t> openings(Hearing hearing, std::int64_t until_ms) {
  std::vector<std::int64_t> opened;
  for (std::int64_t now = 0; now < until_ms; now += 10) {
    switch (hearing.next(now)) {
      case Step::wait: break;
      case Step::renew: hearing.renewed(now); break;
      case Step::leave: hearing.lost(now, 0.5); break;
      case Step::open:
        hearing.opened(now);
        opened.push_back(now);
        break;
    }
  }
  return opened;
}

}  // namespace

TEST_CASE("a lease is renewed at a third of it, and again at the next third") {
  Hearing hearing = answered_at(1'000);
  CHECK(next_change(hearing, 1'000) == 5'000);
  CHECK(hearing.next(5'000) == Step::renew);
  hearing.renewed(5'000);
  hearing.answered(5'010, lease_ms);
  CHECK(next_change(hearing, 5'010) == 9'000);
  CHECK(hearing.next(9'000) == Step::renew);
}

TEST_CASE("a service that has said nothing for half a lease is left for the next") {
  Hearing hearing = answered_at(0);
  hearing.renewed(4'000);
  CHECK(hearing.next(5'990) == Step::wait);
  CHECK(hearing.next(6'000) == Step::leave);
  CHECK(hearing.silent_ms(6'000) == 6'000);
  hearing.lost(6'000, 0.5);
  CHECK(hearing.next(6'000) == Step::wait);
  CHECK(hearing.next(next_change(hearing, 6'000)) == Step::open);
}

TEST_CASE("a service that answers late, but before half a lease, is kept") {
  Hearing hearing = answered_at(0);
  hearing.renewed(4'000);
  hearing.answered(5'900, lease_ms);
  CHECK(hearing.next(7'900) == Step::wait);
  CHECK(hearing.next(8'000) == Step::renew);
}

TEST_CASE("who was late to renew does not blame the service for its silence") {
  Hearing hearing = answered_at(0);
  // The program, or the machine, was stopped meanwhile.
  CHECK(hearing.next(9'000) == Step::renew);
  hearing.renewed(9'000);
  CHECK(hearing.next(9'010) == Step::wait);
  CHECK(hearing.next(10'990) == Step::wait);
  CHECK(hearing.next(11'000) == Step::leave);
}

TEST_CASE("two more services are tried before the lease of one that is silent ends") {
  const auto opened = openings(answered_at(0), lease_ms);
  REQUIRE(opened.size() >= 2);
  CHECK(opened[0] < 6'500);
  CHECK(opened[1] < 9'500);
}

TEST_CASE("services that are only slow are given more time, up to a whole lease") {
  const auto opened = openings(answered_at(0), 20 * lease_ms);
  REQUIRE(opened.size() >= 5);
  CHECK(opened[1] - opened[0] < lease_ms / 2);
  for (std::size_t i = 4; i < opened.size(); ++i) CHECK(opened[i] - opened[i - 1] >= lease_ms);
  // And one that answered has its time from the beginning.
  Hearing hearing = answered_at(0);
  for (int i = 0; i < 3; ++i) {
    hearing.opened(i);
    hearing.lost(i, 0.5);
  }
  hearing.opened(10);
  hearing.answered(20, lease_ms);
  hearing.lost(30, 0.5);
  hearing.opened(40);
  CHECK(next_change(hearing, 40) == 40 + lease_ms / 4);
}

TEST_CASE("streams that end at once are opened again with growing pauses, which have a limit") {
  Hearing hearing = answered_at(0);
  std::int64_t now = 0;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    hearing.lost(now, 0);
    const std::int64_t opened = next_change(hearing, now);
    pauses.push_back(opened - now);
    hearing.opened(now = opened);
  }
  CHECK(pauses == std::vector<std::int64_t>{100, 200, 400, 800, 1'000, 1'000, 1'000, 1'000});
}
