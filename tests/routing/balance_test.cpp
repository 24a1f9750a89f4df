#include "services/routing/balance.hpp"

#include <map>
#include <random>

#include "support/catch.hpp"

using namespace millrace::routing;

namespace {

std::map<std::size_t, int> spread(const std::vector<Candidate>& candidates, int calls) {
  std::mt19937_64 random(42);
  std::map<std::size_t, int> out;
  for (int i = 0; i < calls; ++i) ++out[choose(candidates, random())];
  return out;
}

}  // namespace

TEST_CASE("idle endpoints share calls evenly") {
  const auto taken = spread(std::vector<Candidate>(4), 40'000);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(taken.at(i) > 9'500);
    CHECK(taken.at(i) < 10'500);
  }
}

TEST_CASE("of two random endpoints the less loaded one is called") {
  const auto taken = spread({{5, false}, {1, false}, {3, false}}, 30'000);
  CHECK(taken.find(0) == taken.end());  // it loses against either of the others
  CHECK(taken.at(1) > 19'000);          // it wins both pairs that it is in
  CHECK(taken.at(1) < 21'000);
  CHECK(taken.at(2) > 9'000);
}

TEST_CASE("an endpoint that is out is not called while another is there") {
  const auto taken = spread({{0, true}, {9, false}, {0, true}, {9, false}}, 10'000);
  CHECK(taken.size() == 2);
  CHECK(taken.at(1) > 4'700);
  CHECK(taken.at(3) > 4'700);
}

TEST_CASE("when all endpoints are out they are all tried") {
  const auto taken = spread({{0, true}, {0, true}, {0, true}}, 9'000);
  CHECK(taken.size() == 3);
  CHECK(spread({{0, true}}, 10).at(0) == 10);
}

TEST_CASE("a single endpoint is called whatever its load") {
  CHECK(choose(std::vector<Candidate>{{1000, false}}, ~0ULL) == 0);
  CHECK(choose(std::vector<Candidate>{{1, true}, {1000, false}}, ~0ULL) == 1);
}

TEST_CASE("an endpoint is ejected after three failures in a row and not before") {
  const EjectionLimits limits;
  Ejection ejection;
  ejection.failed(1000, limits);
  ejection.failed(1000, limits);
  CHECK_FALSE(ejection.out(1000));
  ejection.answered();
  ejection.failed(1000, limits);
  ejection.failed(1000, limits);
  CHECK_FALSE(ejection.out(1000));
  ejection.failed(1000, limits);
  CHECK(ejection.out(1000));
  CHECK(ejection.out(1499));
  CHECK_FALSE(ejection.out(1500));
}

TEST_CASE("an ejected endpoint that fails again stays out twice as long up to the limit") {
  const EjectionLimits limits{3, 500, 2'000};
  Ejection ejection;
  for (int i = 0; i < 3; ++i) ejection.failed(0, limits);
  ejection.failed(100, limits);  // was on its way
  CHECK_FALSE(ejection.out(500));
  ejection.failed(500, limits);
  CHECK(ejection.out(1'499));
  CHECK_FALSE(ejection.out(1'500));
  ejection.failed(1'500, limits);
  CHECK(ejection.out(3'499));
  ejection.failed(3'500, limits);
  CHECK(ejection.out(5'499));
  CHECK_FALSE(ejection.out(5'500));  // no longer than out_ms_max
  ejection.answered();
  ejection.failed(6'000, limits);
  CHECK_FALSE(ejection.out(6'000));
}
