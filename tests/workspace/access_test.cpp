// States over HTTP where callers must say who they are: what each role may, with Basic and with a
// bearer's token, and that a lock is broken by operators only.
#include <mutex>

#include "access/book.hpp"
#include "access/io/trusted.hpp"
#include "httpkit/client.hpp"
#include "raw_client.hpp"
#include "services/schema/workspace/server.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/log.hpp"
#include "support/catch.hpp"

using namespace millrace;
using httpkit::Header;

namespace {

constexpr const char* lock = R"({"ID":"a","Operation":"apply","Who":"ed@desk"})";
constexpr const char* id_alone = R"({"ID":"a"})";

class House {
 public:
  House() {
    trusted_.required = true;
    give("vera", access::Role::viewer, 'v');
    give("dora", access::Role::deployer, 'd');
    give("eddy", access::Role::deployer, 'e');
    give("olaf", access::Role::operator_, 'o');
    give("team", access::Role::deployer, 't', {"workspace:team-*"});
    schema_service::Settings settings;
    settings.journal = "memory:";
    settings.http_listen = "127.0.0.1:0";
    auto started = workspace::start(
        settings,
        {&clock_, &metrics_, &health_, {}, &trusted_, [this](const auto& use) { use(book_); }});
    REQUIRE(started);
    server_ = std::move(*started);
  }

  std::string text_of(char whose, const std::string& target) const {
    const auto answer = httpkit::fetch("GET", "http://" + server_->address() + target, "",
                                       {{"Authorization", "Bearer " + text(whose)}}, 20'000);
    REQUIRE(answer);
    return answer->body;
  }

  int ask(char whose, const std::string& method, const std::string& target,
          const std::string& body = {}) const {
    std::vector<Header> headers;
    if (whose != 0) headers.push_back({"Authorization", "Bearer " + text(whose)});
    const auto answer =
        httpkit::fetch(method, "http://" + server_->address() + target, body, headers, 20'000);
    REQUIRE(answer);
    return answer->status;
  }

  // What is said to a head that announces a large body, before any of it comes.
  int status_at_head(char whose, const std::string& target) const {
    httpkit::RawClient client(server_->address());
    client.send("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n" +
                (whose == 0 ? "" : "Authorization: Bearer " + text(whose) + "\r\n") + "\r\n");
    return httpkit::status_of(client.read_to_end());
  }

 private:
  static std::string text(char letter) {
    return "mlr_" + std::string(10, letter) + "_" + std::string(52, letter);
  }
  void give(const std::string& principal, access::Role role, char letter,
            std::vector<std::string> patterns = {}) {
    access::Token token;
    token.id = std::string(10, letter);
    token.hash = statekit::sha256(text(letter));
    token.principal = principal;
    book_.put(token);
    book_.put(access::Grant{principal, {{role, std::move(patterns)}}, 0, "", 0});
  }

  statekit::SystemClock clock_;
  statekit::Metrics metrics_;
  statekit::Health health_;
  access::Trusted trusted_;
  access::Book book_;
  std::unique_ptr<workspace::Server> server_;
};

}  // namespace

TEST_CASE("a state is read and written by those who may, and listed by who may look") {
  const House house;
  const std::string state = "/v1/workspaces/prod/state";
  for (const char* method : {"GET", "POST", "DELETE", "LOCK", "UNLOCK"})
    CHECK(house.ask(0, method, state, "x") == 401);
  CHECK(house.ask('x', "GET", state) == 401);
  CHECK(house.ask('v', "POST", state, "x") == 403);
  CHECK(house.ask('d', "POST", state, "x") == 200);
  CHECK(house.ask('d', "GET", state) == 200);
  CHECK(house.ask('v', "GET", state) == 403);
  CHECK(house.ask('v', "GET", "/v1/workspaces/prod/versions/1") == 403);
  CHECK(house.ask('v', "GET", "/v1/workspaces") == 200);
  CHECK(house.ask('v', "GET", "/v1/workspaces/prod/versions") == 200);
  CHECK(house.ask('v', "DELETE", "/v1/workspaces/prod") == 403);
}

TEST_CASE("a journal is made, read and written by those who may keep states, and by no one else") {
  const House house;
  const std::string journal = "/v1/workspaces/prod/journal";
  const std::string make = journal + "?incarnation=" + std::string(32, 'a');
  for (const char whose : {'\0', 'x'}) CHECK(house.ask(whose, "PUT", make) == 401);
  CHECK(house.ask('v', "PUT", make) == 403);
  REQUIRE(house.ask('d', "PUT", make) == 201);
  for (const char* what : {"", "?after=0&wait=1000", "/entries?after=0", "/snapshots"}) {
    INFO(what);
    CHECK(house.ask(0, "GET", journal + what) == 401);
    CHECK(house.ask('v', "GET", journal + what) == 403);
  }
  CHECK(house.ask('v', "POST", journal + "/entries", "x") == 403);
  CHECK(house.ask('v', "POST", journal + "/compact") == 403);
  CHECK(house.ask('d', "GET", journal) == 200);
}

TEST_CASE("a lock is broken by operators only, and released by who holds it") {
  const House house;
  const std::string state = "/v1/workspaces/prod/state";
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  CHECK(house.ask('d', "UNLOCK", state, id_alone) == 403);
  CHECK(house.ask('d', "UNLOCK", state) == 403);
  CHECK(house.ask('d', "UNLOCK", state, lock) == 200);
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  CHECK(house.ask('d', "DELETE", "/v1/workspaces/prod?force=true") == 403);
  CHECK(house.ask('o', "UNLOCK", state, id_alone) == 200);
}

TEST_CASE("G8: the body of a state is kept for nobody who may not write one") {
  const House house;
  // Were it read, the answer would come only once all of it had.
  CHECK(house.status_at_head(0, "/v1/workspaces/prod/state") == 401);
  CHECK(house.status_at_head('v', "/v1/workspaces/prod/state") == 403);
  CHECK(house.status_at_head('t', "/v1/workspaces/prod/state") == 403);
  CHECK(house.status_at_head('v', "/v1/workspaces/prod/journal/entries") == 403);
  CHECK(house.status_at_head('v', "/nowhere") == 404);
}

TEST_CASE("who shows another's lock forces it, however much of it they show") {
  const House house;
  const std::string state = "/v1/workspaces/prod/state";
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  CHECK(house.ask('e', "UNLOCK", state, R"({"ID":"a","Who":"me"})") == 403);
  CHECK(house.ask('e', "UNLOCK", state, lock) == 403);
  CHECK(house.ask('e', "UNLOCK", state, R"({"ID":"b","Who":"me"})") == 409);
  CHECK(house.text_of('v', "/v1/workspaces/prod/lock").find("ed@desk") != std::string::npos);
  CHECK(house.ask('o', "UNLOCK", state, lock) == 200);
  CHECK(house.text_of('v', "/v1/workspaces/prod/audit").find("force-unlock") != std::string::npos);
  // Whoever took it is known by their name, not by what else they say.
  REQUIRE(house.ask('e', "LOCK", state, lock) == 200);
  CHECK(house.ask('e', "UNLOCK", state, R"({"ID":"a","Who":"ed@other"})") == 200);
}

TEST_CASE("a role for some workspaces opens these, and lists show no others") {
  const House house;
  for (const char* workspace : {"team-a", "prod"}) {
    const std::string at = std::string("/v1/workspaces/") + workspace;
    REQUIRE(house.ask('d', "POST", at + "/state", "secret") == 200);
    REQUIRE(house.ask('d', "LOCK", at + "/state", lock) == 200);
  }
  CHECK(house.ask('t', "GET", "/v1/workspaces/team-a/state") == 200);
  CHECK(house.ask('t', "POST", "/v1/workspaces/team-b/state", "x") == 200);
  CHECK(house.ask('t', "PUT",
                  "/v1/workspaces/team-b/journal?incarnation=" + std::string(32, 'a')) == 201);
  for (const char* what : {"", "/state", "/lock", "/versions", "/versions/1", "/audit", "/journal"})
    CHECK(house.ask('t', "GET", std::string("/v1/workspaces/prod") + what) == 403);
  CHECK(house.ask('t', "POST", "/v1/workspaces/prod/state", "x") == 403);
  CHECK(house.ask('t', "POST", "/v1/workspaces/prod/versions/1/restore") == 403);
  CHECK(house.ask('t', "POST", "/v1/state", "x") == 403);  // the default one
  for (const char* list : {"/v1/workspaces", "/v1/locks"}) {
    const std::string all = house.text_of('v', list);
    CHECK(all.find("prod") != std::string::npos);
    const std::string some = house.text_of('t', list);
    CHECK(some.find("team-a") != std::string::npos);
    CHECK(some.find("prod") == std::string::npos);
  }
}

TEST_CASE("who broke a lock is told, with whose it was; who released their own is not") {
  std::mutex mutex;
  std::vector<std::string> told;
  statekit::set_log_sink([&](const statekit::LogLine& line) {
    if (line.event != "state.forced") return;
    const std::lock_guard guard(mutex);
    std::string text;
    for (const auto& [name, value] : line.fields) text += name + "=" + value + " ";
    told.push_back(text);
  });
  const House house;
  const std::string state = "/v1/workspaces/prod/state";
  REQUIRE(house.ask('d', "POST", state, "x") == 200);
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  REQUIRE(house.ask('d', "UNLOCK", state, lock) == 200);
  CHECK(told.empty());
  REQUIRE(house.ask('o', "UNLOCK", state, id_alone) == 200);  // of nothing
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  REQUIRE(house.ask('o', "UNLOCK", state, id_alone) == 200);
  REQUIRE(house.ask('d', "LOCK", state, lock) == 200);
  REQUIRE(house.ask('o', "DELETE", "/v1/workspaces/prod?force=true") == 200);
  statekit::set_log_sink(nullptr);
  REQUIRE(told.size() == 2);
  CHECK(told[0] ==
        "who=olaf what=lock of workspace prod broken, which held a (ed@desk) from=127.0.0.1 ");
  CHECK(told[1] ==
        "who=olaf what=workspace prod deleted by force, with a lock which held a "
        "(ed@desk) from=127.0.0.1 ");
}

TEST_CASE("without the grants at hand the states are not opened where callers are asked") {
  statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  access::Trusted trusted;
  trusted.required = true;
  schema_service::Settings settings;
  settings.journal = "memory:";
  settings.http_listen = "127.0.0.1:0";
  CHECK_FALSE(workspace::start(settings, {&clock, &metrics, &health, {}, &trusted}));
}
