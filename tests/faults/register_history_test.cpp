// The judge of histories is judged: right ones pass, each kind of planted fault is caught.
#include "support/register_history.hpp"

#include <algorithm>
#include <random>

#include "support/catch.hpp"

using namespace millrace::test;

namespace {

using Ops = std::vector<RegisterOp>;

RegisterOp wrote(std::int64_t value, std::int64_t called, std::int64_t returned) {
  return {true, value, called, returned, "w"};
}
RegisterOp lost(std::int64_t value, std::int64_t called) {
  return {true, value, called, RegisterOp::never, "u"};
}
RegisterOp saw(std::int64_t value, std::int64_t called, std::int64_t returned) {
  return {false, value, called, returned, "r"};
}
bool right(Ops ops) { return !not_linearizable(std::move(ops), 0); }

// A history that a real register could have produced: each operation takes effect at an instant,
// and its call and return lie around that. Some writes never return, and of those some never
// happened.
Ops random_history(std::mt19937& random, int count) {
  Ops ops;
  std::int64_t value = 0;
  for (int i = 1; i <= count; ++i) {
    const std::int64_t at = i * 10;
    const std::int64_t called = at - static_cast<std::int64_t>(random() % 30);
    std::int64_t returned = at + static_cast<std::int64_t>(random() % 30);
    if (random() % 2 == 0) {
      const bool unknown = random() % 8 == 0;
      const bool happened = !unknown || random() % 2 == 0;
      ops.push_back(unknown ? lost(i, called) : wrote(i, called, returned));
      if (happened) value = i;
    } else {
      ops.push_back(saw(value, called, returned));
    }
  }
  return ops;
}

}  // namespace

TEST_CASE("a read sees what was written last, or what is being written") {
  CHECK(right({wrote(1, 0, 10), saw(1, 20, 30)}));
  CHECK(right({wrote(1, 0, 10), wrote(2, 5, 40), saw(1, 20, 30), saw(2, 25, 50)}));
  CHECK(right({saw(0, 0, 1), wrote(1, 2, 3), saw(1, 4, 5)}));
}

TEST_CASE("a stale read is caught") {
  CHECK_FALSE(right({wrote(1, 0, 10), wrote(2, 20, 30), saw(1, 40, 50)}));
  CHECK_FALSE(right({wrote(1, 0, 10), saw(0, 20, 30)}));
}

TEST_CASE("two reads that disagree about the order of two writes are caught") {
  CHECK_FALSE(
      right({wrote(1, 0, 100), wrote(2, 0, 100), saw(1, 10, 20), saw(2, 30, 40), saw(1, 50, 60)}));
  CHECK(right({wrote(1, 0, 100), wrote(2, 0, 100), saw(1, 10, 20), saw(2, 30, 40)}));
}

TEST_CASE("a lost write is caught") {
  CHECK_FALSE(right({wrote(1, 0, 10), wrote(2, 20, 30), saw(1, 40, 50), saw(2, 60, 70)}));
}

TEST_CASE("a value that nobody wrote is caught") {
  CHECK_FALSE(right({wrote(1, 0, 10), saw(7, 20, 30)}));
}

TEST_CASE("a write of unknown outcome may have happened, late too, but only once") {
  CHECK(right({lost(1, 0), saw(0, 10, 20), saw(1, 30, 40)}));
  CHECK(right({lost(1, 0), saw(0, 10, 20)}));
  CHECK_FALSE(
      right({lost(1, 0), saw(1, 10, 20), wrote(2, 30, 40), saw(2, 50, 60), saw(1, 70, 80)}));
}

TEST_CASE("what is wrong is told with the operations that could have come next") {
  const auto told = not_linearizable({wrote(1, 0, 10), saw(0, 20, 30)}, 0);
  REQUIRE(told);
  CHECK(told->find("holds 1") != std::string::npos);
  CHECK(told->find("r reads 0 [20, 30]") != std::string::npos);
}

TEST_CASE("random histories of a real register pass, however they overlap") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const Ops ops = random_history(random, 120);
    const auto told = not_linearizable(ops, 0);
    INFO("round " << round << ": " << told.value_or(""));
    CHECK_FALSE(told);
  }
}

TEST_CASE("a read of an overwritten value, planted at random, is caught every time") {
  std::mt19937 random(11);
  int planted = 0;
  for (int round = 0; round < 200; ++round) {
    Ops ops = random_history(random, 120);
    // Two writes that do not overlap, then long after both a read of the first.
    const std::int64_t end = 5'000;
    ops.push_back(wrote(901, end, end + 10));
    ops.push_back(wrote(902, end + 20, end + 30));
    ops.push_back(saw(901, end + 40, end + 50));
    std::shuffle(ops.begin(), ops.end(), random);
    planted += not_linearizable(ops, 0).has_value() ? 1 : 0;
  }
  CHECK(planted == 200);
}
