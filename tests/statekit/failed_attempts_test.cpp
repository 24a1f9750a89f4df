// Who fails again and again waits longer and longer, and nothing grows without end.
#include "statekit/failed_attempts.hpp"

#include "support/catch.hpp"

namespace millrace::statekit {
namespace {

constexpr FailedAttemptsLimits limits{
    .peers_max = 3, .free_max = 2, .step_ms = 100, .wait_ms_max = 250, .forgiven_after_ms = 1'000};

TEST_CASE("a few failures cost nothing, each further one more, up to a limit") {
  FailedAttempts attempts(limits);
  const std::int64_t expected[] = {0, 0, 100, 200, 250, 250};
  for (const std::int64_t wait : expected) {
    attempts.failed("a", 10);
    CHECK(attempts.wait_ms("a", 10) == wait);
  }
  CHECK(attempts.wait_ms("b", 10) == 0);
}

TEST_CASE("what is left of a wait is counted from the last failure") {
  FailedAttempts attempts(limits);
  for (int i = 0; i < 4; ++i) attempts.failed("a", 10);
  CHECK(attempts.rest_ms("a", 10) == 200);
  CHECK(attempts.rest_ms("a", 209) == 1);
  CHECK(attempts.rest_ms("a", 210) == 0);
  CHECK(attempts.rest_ms("a", 5'000) == 0);
  CHECK(attempts.rest_ms("b", 10) == 0);
}

TEST_CASE("who gets in, or is quiet for a while, starts anew") {
  FailedAttempts attempts(limits);
  for (int i = 0; i < 9; ++i) attempts.failed("a", 10);
  CHECK(attempts.wait_ms("a", 1'010) == 250);
  CHECK(attempts.wait_ms("a", 1'011) == 0);
  attempts.failed("a", 1'011);
  CHECK(attempts.wait_ms("a", 1'011) == 0);
  for (int i = 0; i < 9; ++i) attempts.failed("a", 1'011);
  attempts.succeeded("a");
  CHECK(attempts.wait_ms("a", 1'011) == 0);
}

TEST_CASE("the peer that is quiet the longest is forgotten first (G8)") {
  FailedAttempts attempts(limits);
  for (int i = 0; i < 9; ++i) attempts.failed("first", 1);
  for (int peer = 0; peer < 100; ++peer) attempts.failed("peer " + std::to_string(peer), 2 + peer);
  CHECK(attempts.size() == 3);
  CHECK(attempts.wait_ms("first", 102) == 0);
}

}  // namespace
}  // namespace millrace::statekit
