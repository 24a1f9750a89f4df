// Whom a question to the schema service is asked of next, and what is known at the end.
#include "cli/client/attempts.hpp"

#include "support/catch.hpp"

using millrace::cli::Attempts;
using millrace::cli::Question;
using millrace::cli::Reach;
using millrace::statekit::Code;
using millrace::statekit::Error;

namespace {

const Error closed{Code::unavailable, "the connection to a:1 ended", {}};
const Error away{Code::unavailable, "a:1 cannot be reached", {}};
const Error no_leader{Code::unavailable, "the schema service at a:1: etcd has no leader", {}};
const Error late{Code::deadline_exceeded, "the schema service at a:1: Deadline Exceeded", {}};

Question write_to(std::size_t replicas) { return {replicas, 0, 15'000, true, true}; }
Question read_of(std::size_t replicas) { return {replicas, 0, 15'000, false, true}; }

}  // namespace

TEST_CASE("three schema services that are silent share the time, and no more is taken") {
  Attempts attempts(write_to(3), 0);
  std::int64_t now = 0;
  std::vector<std::size_t> asked;
  while (const auto next = attempts.next(now)) {
    asked.push_back(next->replica);
    now += next->pause_ms + next->within_ms;
    attempts.failed(late, Reach::silent);
  }
  CHECK(asked == std::vector<std::size_t>{0, 1, 2});
  CHECK(now == 15'000);
}

TEST_CASE("services that refuse slowly do not add up beyond the limit") {
  // As without an etcd quorum: each gives up after a time of its own.
  Attempts attempts(write_to(3), 100);
  std::int64_t now = 100;
  while (const auto next = attempts.next(now)) {
    now += next->pause_ms + std::min<std::int64_t>(next->within_ms, 4'000);
    attempts.failed(no_leader, Reach::answered);
  }
  CHECK(now <= 15'100);
}

TEST_CASE("services that refuse at once are asked in four rounds, as one that chooses a leader") {
  Attempts attempts(read_of(2), 0);
  std::int64_t now = 0;
  std::vector<std::size_t> asked;
  while (const auto next = attempts.next(now)) {
    asked.push_back(next->replica);
    now += next->pause_ms;
    CHECK(attempts.failed(no_leader, Reach::answered));
  }
  CHECK(asked == std::vector<std::size_t>{0, 1, 0, 1, 0, 1, 0, 1});
  CHECK(now == 1'500);
}

TEST_CASE("the error of several services names what each of them said, and how long it took") {
  Attempts attempts(read_of(2), 0);
  (void)attempts.next(0);
  attempts.failed({Code::unavailable, "a:1 cannot be reached", {"more"}}, Reach::unsent);
  (void)attempts.next(0);
  attempts.failed({Code::unavailable, "b:2: etcd has no leader", {}}, Reach::answered);
  const Error error = attempts.error(3'210);
  CHECK(error.code == Code::unavailable);
  CHECK(error.message == "none of 2 schema services did it in 3.2 s and 2 attempts");
  CHECK(error.details ==
        std::vector<std::string>{"a:1 cannot be reached", "  more", "b:2: etcd has no leader"});
}

TEST_CASE("a single service that cannot be reached, or refuses, is asked once") {
  for (const auto& [error, reach] :
       {std::pair{away, Reach::unsent}, std::pair{no_leader, Reach::answered}}) {
    Attempts attempts(write_to(1), 0);
    REQUIRE(attempts.next(0));
    CHECK_FALSE(attempts.failed(error, reach));
    CHECK_FALSE(attempts.next(0));
    CHECK(attempts.error(0) == error);
  }
}

TEST_CASE("G4: a write that was cut is sent again, and is unknown where nobody answers then") {
  Attempts attempts(write_to(1), 0);
  REQUIRE(attempts.next(0));
  CHECK(attempts.failed(closed, Reach::cut));
  std::int64_t now = 0;
  int more = 0;
  while (const auto next = attempts.next(now)) {
    now += next->pause_ms;
    ++more;
    attempts.failed(away, Reach::unsent);
  }
  CHECK(more == 3);
  const Error error = attempts.error(now);
  CHECK(error.code == Code::unknown);
  CHECK(error.message == "it is not known whether this was done: a:1 cannot be reached");
  CHECK(error.details.back().find("millrace schema history") != std::string::npos);
}

TEST_CASE("G4: what the service says when it is asked again is the answer to the first time") {
  Attempts attempts(write_to(1), 0);
  (void)attempts.next(0);
  attempts.failed(closed, Reach::cut);
  (void)attempts.next(0);
  const Error refusal{Code::failed_precondition, "revision 7 is not the newest", {}};
  CHECK_FALSE(attempts.failed(refusal, Reach::answered));
  CHECK(attempts.error(0) == refusal);
}

TEST_CASE("G4: a write that would be done twice is not sent again once it may have been done") {
  Question question = write_to(3);
  question.safe_again = false;
  Attempts attempts(question, 0);
  (void)attempts.next(0);
  CHECK(attempts.failed(away, Reach::unsent));
  (void)attempts.next(0);
  CHECK_FALSE(attempts.failed(closed, Reach::cut));
  CHECK_FALSE(attempts.next(0));
  CHECK(attempts.error(0).code == Code::unknown);
}

TEST_CASE("a read that was cut is asked again, and nothing is unknown of it") {
  Attempts attempts(read_of(1), 0);
  (void)attempts.next(0);
  CHECK(attempts.failed(closed, Reach::cut));
  REQUIRE(attempts.next(0));
  attempts.failed(away, Reach::unsent);
  CHECK(attempts.error(0) == away);
}

TEST_CASE("G4: what a journal has not settled yet is asked for again") {
  Attempts attempts(write_to(1), 0);
  (void)attempts.next(0);
  CHECK(attempts.failed({Code::unknown, "the journal has not said yet", {}}, Reach::answered));
  CHECK(attempts.error(0).code == Code::unknown);
}
