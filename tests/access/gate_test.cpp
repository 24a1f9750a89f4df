// The gate without a network: who is let in, what they are told otherwise, and what is told of
// them.
#include "access/io/gate.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

#include "access/house.hpp"
#include "access/io/http_gate.hpp"
#include "statekit/io/log.hpp"
#include "support/catch.hpp"

using namespace millrace::test;
using millrace::statekit::Code;
using millrace::statekit::Error;

TEST_CASE("who shows what is known is let in as far as their roles go") {
  House house;
  CHECK(house.verdict(with_token(looks, 'a')) == "ada");
  CHECK(house.verdict(with_token(deploys, 'a')) == "permission-denied");
  CHECK(house.verdict(with_token(deploys, 'b')) == "bootstrap");
  CHECK(house.verdict(with_token(follows, 'o')) == "millrace");
  CHECK(house.verdict(with_token(deploys, 'o')) == "permission-denied");
  Arrival lower = with_token(looks, 'a');
  lower.authorization[0] = 'b';
  CHECK(house.verdict(lower) == "ada");
}

TEST_CASE("who shows nothing, or what is not known, is told what is missing and no more") {
  House house;
  Arrival arrival;
  arrival.method = looks;
  const auto nobody = house.gate().admit(arrival);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Code::unauthenticated);
  CHECK(nobody.error().message.find("MILLRACE_TOKEN_FILE") != std::string::npos);
  for (const char* shown : {"Bearer", "Bearer ", "Basic YTpi", "x", "Bearer x"}) {
    arrival.authorization = shown;
    CHECK(house.verdict(arrival) == "unauthenticated");
  }
  house.revoke('a');
  CHECK(house.verdict(with_token(looks, 'a')) == "unauthenticated");
}

TEST_CASE("what a stranger's token says of itself is told plainly and in short") {
  House house;
  const Caller caller{"ada", {}, "token"};
  house.gate().refuse(caller, looks, "x",
                      "no key is called 'k\nforged\x1b[31m" + std::string(6'000, 'A'), {});
  REQUIRE(house.told.size() == 1);
  CHECK(house.told[0].why.size() <= 500);
  CHECK(house.told[0].why.starts_with("no key is called 'k?forged?[31mAAA"));
}

TEST_CASE("a method that has no rule is denied even to an admin") {
  House house;
  CHECK(house.verdict(with_token("/millrace.v2alpha1.SchemaService/New", 'b')) ==
        "permission-denied");
}

TEST_CASE("a certificate is who it names, with the roles of that name") {
  House house;
  Arrival arrival;
  arrival.method = looks;
  arrival.identities = {"ada"};
  CHECK(house.verdict(arrival) == "ada");
  arrival.identities = {"unknown", "ada"};
  CHECK(house.verdict(arrival) == "ada");
  arrival.identities = {"unknown"};
  CHECK(house.verdict(arrival) == "permission-denied");
  // No authority gives a group's rights, nor a name of Millrace's own.
  house.give('g', "group:ops", {{Role::viewer, {}}});
  house.give('s', "schema", {{Role::viewer, {}}});
  arrival.identities = {"group:ops", "schema"};
  CHECK(house.verdict(arrival) == "permission-denied");
  arrival.method = follows;
  arrival.identities = {"router.internal"};
  CHECK(house.verdict(arrival) == "millrace");
}

TEST_CASE("a certificate that has no role is called by its URI, not by a host that many are") {
  House house;
  Arrival arrival;
  arrival.method = looks;
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"spiffe://millrace/bob", "localhost", "::1"},
        std::vector<std::string>{"localhost", "spiffe://millrace/bob", "::1"}}) {
    arrival.identities = names;
    const auto caller = house.gate().admit(arrival);
    REQUIRE_FALSE(caller);
    CHECK(caller.error().message.starts_with("spiffe://millrace/bob may not"));
  }
  // A host that has a role is who it is.
  house.give('h', "host-7", {{Role::viewer, {}}});
  arrival.identities = {"spiffe://millrace/bob", "host-7", "::1"};
  CHECK(house.verdict(arrival) == "host-7");
}

TEST_CASE("only a service of the platform speaks for others") {
  House house;
  Arrival arrival = with_token(deploys, 'o');
  arrival.on_behalf = "bob";
  arrival.on_behalf_roles = "deployer=shop* viewer";
  CHECK(house.verdict(arrival) == "bob");
  // Who hands it on lends them nothing of its own.
  CHECK(text_of(house.gate().admit(arrival)->roles) == "deployer=shop* viewer");
  arrival.on_behalf_roles = "viewer";
  CHECK(house.verdict(arrival) == "permission-denied");
  Arrival forged = with_token(deploys, 'a');
  forged.on_behalf = "bob";
  forged.on_behalf_roles = "admin";
  CHECK(house.verdict(forged) == "permission-denied");
  Arrival as_admin = with_token(deploys, 'b');
  as_admin.on_behalf = "bob";
  as_admin.on_behalf_roles = "admin";
  CHECK(house.verdict(as_admin) == "permission-denied");
}

TEST_CASE("each denied attempt is told, without the token, until there are too many") {
  House house;
  (void)house.gate().admit(with_token(deploys, 'a'));
  (void)house.gate().admit(with_token(deploys, 'x'));
  REQUIRE(house.told.size() == 2);
  CHECK(house.told[0].who == "ada (token aaaaaaaaaa)");
  CHECK(house.told[0].what == deploys);
  CHECK(house.told[0].from == "ipv4:127.0.0.1:1");
  CHECK(house.told[0].why == "ada may not CreateChangeset: it takes the role deployer or admin");
  CHECK(house.told[1].who == "token xxxxxxxxxx");
  for (const Denied& denied : house.told)
    CHECK((denied.who + denied.what + denied.why).find(std::string(52, 'x')) == std::string::npos);
  for (int i = 0; i < 5; ++i) (void)house.gate().admit(with_token(deploys, 'x'));
  CHECK(house.told.size() == 4);
}

TEST_CASE("G8: who floods a gate with attempts has only their own left out") {
  House house;
  const auto try_from = [&](char token, const std::string& from) {
    Arrival arrival = with_token(deploys, token);
    arrival.from = from;
    (void)house.gate().admit(arrival);
  };
  for (int i = 0; i < 100; ++i) try_from('x', "ipv4:10.0.0.1:" + std::to_string(i));
  CHECK(house.told.size() == 3);
  try_from('x', "ipv4:10.0.0.2:1");  // a stranger elsewhere
  try_from('a', "ipv4:10.0.0.1:1");  // somebody known, at that address
  REQUIRE(house.told.size() == 5);
  CHECK(house.told[0].address == "10.0.0.1");
  CHECK(house.told[0].principal.empty());
  CHECK(house.told[3].address == "10.0.0.2");
  CHECK(house.told[3].left_out == 97);
  CHECK(house.told[4].principal == "ada");
  for (int i = 0; i < 1'000; ++i) try_from('x', "ipv4:10.1.0." + std::to_string(i) + ":1");
  CHECK(house.told.size() == 500);  // of all together
}

TEST_CASE("what is denied is logged for the timeline whatever the log's level, with its fields") {
  House house;
  std::vector<millrace::statekit::LogLine> lines;
  millrace::statekit::set_up_logging({millrace::statekit::LogLevel::off});
  millrace::statekit::set_log_sink([&](const auto& line) { lines.push_back(line); });
  Gate gate(
      house.trusted, [&](const auto& use) { use(house.book); }, house.clock);
  Arrival arrival = with_token(deploys, 'a');
  arrival.from = "ipv6:%5B2001:db8::1%5D:80";
  CHECK_FALSE(gate.admit(arrival));
  millrace::statekit::set_log_sink(nullptr);
  millrace::statekit::set_up_logging({});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].event == "access.denied");
  const std::map<std::string, std::string> fields(lines[0].fields.begin(), lines[0].fields.end());
  CHECK(fields.at("principal") == "ada");
  CHECK(fields.at("address") == "2001:db8::/64");
  CHECK(fields.at("module").empty());
}

TEST_CASE("what is refused for a module names it") {
  House house;
  house.gate().refuse({"ada", {}, "token aaaaaaaaaa"}, "CreateChangeset", "ipv4:10.0.0.1:1", "no",
                      {"bank", "shop"});
  house.gate().refuse({"ada", {}, "token aaaaaaaaaa"}, "CreateChangeset", "", "no",
                      {std::string(5'000, 'm')});
  REQUIRE(house.told.size() == 2);
  CHECK(house.told[0].modules == "bank shop");
  CHECK(house.told[0].principal == "ada");
  CHECK(house.told[1].modules.empty());
}

TEST_CASE("how many attempts were not told is told with the next one that is") {
  House house;
  house.limits.told.burst_max = 1;
  house.limits.told.per_second_max = 1;
  const auto tries = [&](int times) {
    for (int i = 0; i < times; ++i) CHECK(house.verdict(with_token(deploys, 'a')) != "ada");
  };
  tries(4);
  house.clock.advance(1'000);
  tries(1);
  house.clock.advance(1'000);
  tries(1);
  REQUIRE(house.told.size() == 3);
  CHECK(house.told[0].left_out == 0);
  CHECK(house.told[1].left_out == 3);
  CHECK(house.told[2].left_out == 0);
}

TEST_CASE("what is no token is not told: it may be the password of something else") {
  House house;
  house.limits.told.burst_max = 10;
  for (const char* shown : {"Bearer hunter2", "Basic hunter2", "hunter2", "Bearer mlr_hunter2"}) {
    Arrival arrival = with_token(deploys, 'a');
    arrival.authorization = shown;
    CHECK(house.verdict(arrival) == "unauthenticated");
    REQUIRE_FALSE(house.told.empty());
    const Denied& denied = house.told.back();
    CHECK(denied.who == "something that is no token");
    CHECK((denied.who + denied.what + denied.why).find("hunter2") == std::string::npos);
    house.told.clear();
  }
}

TEST_CASE("a stream ends when its token is revoked, and when its owner's roles change") {
  House house;
  house.give('c', "cal", {{Role::viewer, {}}});
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> ended;
  const auto end = [&](const std::string& who) {
    return [&, who](const Error& why) {
      const std::lock_guard lock(mutex);
      ended.push_back(who + ": " + why.message);
      changed.notify_all();
    };
  };
  const auto stay = [&](char letter, const std::string& who) {
    const Arrival arrival = with_token(looks, letter);
    return house.gate().stay(arrival, *house.gate().admit(arrival), end(who));
  };
  stay('a', "ada");
  stay('c', "cal");
  const auto left = stay('c', "left");
  house.gate().leave(left);
  house.revoke('a');
  const auto wait_for = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), [&] { return ended.size() == count; });
  };
  REQUIRE(wait_for(1));
  CHECK(ended[0] == "ada: this token is not known, or was revoked");
  house.give('c', "cal", {{Role::viewer, {}}, {Role::operator_, {}}});
  REQUIRE(wait_for(2));
  CHECK(ended[1] == "cal: what cal may do was changed: connect again");
}

TEST_CASE("over HTTP a token is a bearer's or the password of Basic") {
  House house;
  millrace::httpkit::Request request;
  request.peer = "10.0.0.1";
  CHECK(house.verdict(arrival_of(request, "console")) == "unauthenticated");
  request.headers = {{"Authorization", "bearer " + token_text('a')}};
  CHECK(house.verdict(arrival_of(request, "console")) == "ada");
  CHECK(house.verdict(arrival_of(request, "state/keep")) == "permission-denied");
  CHECK(house.verdict(arrival_of(request, "elsewhere")) == "permission-denied");
  // "anyone:mlr_aaaaaaaaaa_aaa..." in base64.
  request.headers = {{"authorization",
                      "Basic YW55b25lOm1scl9hYWFhYWFhYWFhX2FhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYW"
                      "FhYWFhYWFhYWFhYWFhYWFhYWFhYWE="}};
  CHECK(house.verdict(arrival_of(request, "console")) == "ada");
  for (const char* shown : {"Basic ", "Basic ====", "Basic =", "Basic YQ==", "Basic !!!!"}) {
    request.headers = {{"authorization", shown}};
    CHECK(house.verdict(arrival_of(request, "console")) == "unauthenticated");
  }
  const auto asks = refusal({Code::unauthenticated, "why", {}});
  CHECK(asks.status == 401);
  CHECK(millrace::httpkit::find_header(asks.headers, "www-authenticate"));
  CHECK(refusal({Code::permission_denied, "why", {}}).status == 403);
  const auto slowed = refusal({Code::resource_exhausted, "why", {}});
  CHECK(slowed.status == 429);
  CHECK(millrace::httpkit::find_header(slowed.headers, "retry-after") == "2");
}
