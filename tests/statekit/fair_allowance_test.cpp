#include "statekit/fair_allowance.hpp"

#include "support/catch.hpp"

using namespace millrace::statekit;

TEST_CASE("G8: who floods uses up their own allowance, and all together have one") {
  FairAllowance allowance(
      {.burst_max = 3, .per_second_max = 1, .all_burst_max = 5, .all_per_second_max = 1});
  int taken = 0;
  for (int i = 0; i < 10; ++i) taken += allowance.take("flooder", 0) ? 1 : 0;
  CHECK(taken == 3);
  CHECK(allowance.take("other", 0));
  CHECK(allowance.take("other", 0));
  CHECK_FALSE(allowance.take("other", 0));  // five of all
  CHECK(allowance.take("flooder", 1'000));
  CHECK_FALSE(allowance.take("flooder", 1'000));
}

TEST_CASE("G8: so many names are remembered, and the one that was quiet the longest is let go") {
  FairAllowance allowance({.burst_max = 1, .per_second_max = 0, .names_max = 2});
  CHECK(allowance.take("a", 0));
  CHECK(allowance.take("b", 1));
  CHECK_FALSE(allowance.take("a", 2));
  CHECK(allowance.take("c", 3));
  CHECK(allowance.size() == 2);
  CHECK_FALSE(allowance.take("a", 4));
  CHECK(allowance.take("b", 5));
}
