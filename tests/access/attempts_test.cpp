// Whoever fails to prove who they are is slowed down, by address; whoever proves it is not.
#include <condition_variable>
#include <mutex>

#include "access/house.hpp"
#include "access/io/jwt_door.hpp"
#include "support/catch.hpp"

using namespace millrace::test;
using millrace::statekit::Code;

namespace {

Arrival from(const std::string& address, char letter) {
  Arrival arrival = with_token(looks, letter);
  arrival.from = address;
  return arrival;
}

// Counts what it is asked to look at; one text is right.
class CountingDoor final : public JwtDoor {
 public:
  bool knows(std::string_view text) const override { return known_ && text == "right.jwt.x"; }
  millrace::statekit::Result<JwtBearer> bearer(std::string_view text, millrace::statekit::WallMs,
                                               millrace::statekit::MonoMs) override {
    ++looked_at;
    if (text != "right.jwt.x") return no_such_bearer("wrong");
    known_ = true;
    return JwtBearer{"ada", {}};
  }
  int looked_at = 0;

 private:
  bool known_ = false;
};

Arrival jwt(const std::string& text) {
  Arrival arrival = from("10.0.0.1", 'x');
  arrival.authorization = "Bearer " + text;
  return arrival;
}

}  // namespace

TEST_CASE("a few wrong tokens are answered at once, then their address waits longer each time") {
  House house;
  house.limits.failed = {.free_max = 3, .step_ms = 100, .wait_ms_max = 500};
  for (int i = 0; i < 4; ++i)
    CHECK(house.verdict(from("ipv4:10.0.0.1:" + std::to_string(i), 'x')) == "unauthenticated");
  const auto waits = house.gate().admit(from("ipv4:10.0.0.1:9", 'x'));
  REQUIRE_FALSE(waits);
  CHECK(waits.error().code == Code::resource_exhausted);
  CHECK(waits.error().message ==
        "too many attempts from this address have failed: try again in 100 ms");
  CHECK(waits.error().details.empty());
  // To try meanwhile makes it no longer.
  for (int i = 0; i < 50; ++i) CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
  house.clock.advance(99);
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
  house.clock.advance(1);
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "unauthenticated");
  house.clock.advance(199);
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
  house.clock.advance(1);
  for (int i = 0; i < 20; ++i) {
    CHECK(house.verdict(from("10.0.0.1", 'x')) == "unauthenticated");
    house.clock.advance(500);  // never longer than that
  }
  CHECK(house.verdict(from("10.0.0.2", 'x')) == "unauthenticated");
  house.clock.advance(60'001);
  for (int i = 0; i < 4; ++i) CHECK(house.verdict(from("10.0.0.1", 'x')) == "unauthenticated");
}

TEST_CASE("the right token is let in at once, whatever else its address has tried") {
  House house;
  house.limits.failed = {.free_max = 0};
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "unauthenticated");
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
  CHECK(house.verdict(from("10.0.0.1", 'a')) == "ada");
  CHECK(house.verdict(from("10.0.0.1", 'o')) == "millrace");
  // Which is no pardon for the others.
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
}

TEST_CASE("who shows nothing, or may not, is not slowed down, and to ask openly is an attempt") {
  House house;
  house.limits.failed = {.free_max = 0};
  Arrival nothing;
  nothing.method = looks;
  nothing.from = "10.0.0.1";
  for (int i = 0; i < 5; ++i) CHECK(house.verdict(nothing) == "unauthenticated");
  for (int i = 0; i < 5; ++i) CHECK(house.verdict(with_token(deploys, 'a')) == "permission-denied");
  Arrival ping = from("10.0.0.1", 'x');
  ping.method = "/millrace.v2alpha1.SchemaService/Ping";
  CHECK(house.verdict(ping) == "anonymous");
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
}

TEST_CASE("while an address waits no signature is looked at, but a JWT that was found right is") {
  House house;
  house.limits.failed = {.free_max = 0, .step_ms = 100};
  const auto door = std::make_shared<CountingDoor>();
  house.trusted.jwt = door;
  CHECK(house.verdict(jwt("wrong.jwt.x")) == "unauthenticated");
  CHECK(door->looked_at == 1);
  for (int i = 0; i < 20; ++i) CHECK(house.verdict(jwt("wrong.jwt.x")) == "resource-exhausted");
  CHECK(house.verdict(jwt("right.jwt.x")) == "resource-exhausted");
  CHECK(door->looked_at == 1);
  house.clock.advance(100);
  CHECK(house.verdict(jwt("right.jwt.x")) == "ada");
  CHECK(house.verdict(jwt("wrong.jwt.x")) == "unauthenticated");
  CHECK(house.verdict(jwt("right.jwt.x")) == "ada");
}

TEST_CASE("failures are counted for so many addresses, and of IPv6 for networks") {
  House house;
  house.limits.failed = {.peers_max = 4, .free_max = 0, .step_ms = 2'000};
  CHECK(house.verdict(from("ipv6:%5B2001:db8::1%5D:80", 'x')) == "unauthenticated");
  CHECK(house.verdict(from("ipv6:[2001:db8::2]:81", 'x')) == "resource-exhausted");
  CHECK(house.verdict(from("2001:db8::3", 'x')) == "resource-exhausted");
  CHECK(house.verdict(from("2001:db8:0:1::1", 'x')) == "unauthenticated");
  CHECK(house.verdict(from("::ffff:10.0.0.1", 'x')) == "unauthenticated");
  CHECK(house.verdict(from("ipv4:10.0.0.1:7", 'x')) == "resource-exhausted");
  for (int i = 0; i < 4; ++i) {
    house.clock.advance(1);
    CHECK(house.verdict(from("10.1.0." + std::to_string(i), 'x')) == "unauthenticated");
  }
  CHECK(house.verdict(from("2001:db8::1", 'x')) == "unauthenticated");
}

TEST_CASE("a stream that is looked at again is no attempt, whatever has become of its token") {
  House house;
  house.limits.failed = {.free_max = 0};
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  const Arrival arrival = from("10.0.0.1", 'a');
  const auto caller = house.gate().admit(arrival);
  REQUIRE(caller);
  house.gate().stay(arrival, *caller, [&](const millrace::statekit::Error&) {
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  });
  house.revoke('a');
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return ended; }));
  }
  // Nobody else behind that address waits for it: the first who fails is answered at once.
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "unauthenticated");
  CHECK(house.verdict(from("10.0.0.1", 'x')) == "resource-exhausted");
}
