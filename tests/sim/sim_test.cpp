// The whole suite, from seeds. SIM_SEED=n replays one run, SIM_SEEDS=n says how many.
#include <cstdlib>
#include <string>

#include "sim/world.hpp"
#include "support/catch.hpp"

namespace millrace::sim {
namespace {

std::uint64_t number(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE(
    "G1 G2 G3 G4 G7: under every kind of trouble the system agrees with an independent model") {
  const std::uint64_t first = number("SIM_SEED", 1);
  const std::uint64_t count = std::getenv("SIM_SEED") != nullptr ? 1 : number("SIM_SEEDS", 1'000);
  std::uint64_t commits = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed);
    const std::string fault = world.live(400);
    INFO("replay with SIM_SEED=" << seed);
    REQUIRE(fault == "");
    commits += world.revision();
    if (std::getenv("SIM_SEED") != nullptr)
      WARN("seed " << seed << ": " << world.revision() << " commits");
  }
  // A run in which nothing happens proves nothing.
  CHECK(commits / count > 60);
}

}  // namespace millrace::sim
