// The protocol on the wire, as a table: a request in, an answer out, through a real socket. The
// cases are those of docs/http-state.md, in its order.
#include <nlohmann/json.hpp>

#include "httpkit/client.hpp"
#include "services/schema/workspace/body.hpp"
#include "services/schema/workspace/server.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

using namespace millrace;
using httpkit::Header;

namespace {

struct Running {
  test::ManualClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  schema_service::Settings settings;
  std::unique_ptr<workspace::Server> server;

  explicit Running(schema_service::Settings with = {}) : settings(std::move(with)) {
    settings.journal = "memory:";
    settings.http_listen = "127.0.0.1:0";
    auto started = workspace::start(settings, {&clock, &metrics, &health});
    REQUIRE(started);
    server = std::move(*started);
  }
  httpkit::Response ask(const std::string& method, const std::string& target,
                        const std::string& body = {}, std::vector<Header> headers = {}) const {
    auto response =
        httpkit::fetch(method, "http://" + server->address() + target, body, headers, 20'000);
    REQUIRE(response);
    return *response;
  }
};

struct Row {
  const char* what;
  const char* method;
  const char* target;
  std::string body;
  int status;
  std::string says = {};  // a part of the body, or of a header as "name: value"
  std::vector<Header> headers = {};
};

bool holds(const httpkit::Response& response, const std::string& says) {
  if (response.body.find(says) != std::string::npos) return true;
  for (const Header& header : response.headers)
    if ((header.name + ": " + header.value).find(says) != std::string::npos) return true;
  return false;
}

void run(const Running& running, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.what);
    const auto response = running.ask(row.method, row.target, row.body, row.headers);
    INFO(response.body);
    CHECK(response.status == row.status);
    CHECK(holds(response, row.says));
  }
}

const std::string a = R"({"ID":"a","Operation":"OperationTypeApply","Who":"ada@here"})";
const std::string b = R"({"ID":"b","Operation":"OperationTypePlan","Who":"bob@there"})";
constexpr const char* state = "/v1/state";

}  // namespace

TEST_CASE("states on the wire: reading and writing") {
  const Running running;
  run(running,
      {{"nothing there", "GET", state, "", 404},
       {"the first write", "POST", state, "one", 200, "etag: \"1-1\""},
       {"read back", "GET", state, "", 200, "one"},
       {"with its ETag", "GET", state, "", 200, "etag: \"1-1\""},
       {"and its MD5", "GET", state, "", 200, "content-md5: " + workspace::content_md5("one")},
       {"not sent again", "GET", state, "", 304, "", {{"if-none-match", "\"1-1\""}}},
       {"sent where it changed", "GET", state, "", 200, "one", {{"if-none-match", "\"1-9\""}}},
       {"PUT is POST", "PUT", state, "two", 200, "\"version\":2"},
       {"a right MD5",
        "POST",
        state,
        "three",
        200,
        "\"version\":3",
        {{"content-md5", workspace::content_md5("three")}}},
       {"a wrong MD5",
        "POST",
        state,
        "four",
        400,
        "MD5",
        {{"content-md5", workspace::content_md5("five")}}},
       {"a malformed MD5", "POST", state, "four", 400, "MD5", {{"content-md5", "x"}}},
       {"nothing was changed by them", "GET", state, "", 200, "three"},
       {"an empty body", "POST", state, "", 400, "no body"},
       {"the same again", "POST", state, "three", 200, "\"version\":3"},
       {"the default workspace by its name", "GET", "/v1/workspaces/default/state", "", 200,
        "three"},
       {"deleted", "DELETE", state, "", 200},
       {"deleted again", "DELETE", state, "", 200},
       {"gone", "GET", state, "", 404},
       {"written again", "POST", state, "five", 200, "\"version\":5"},
       {"an unknown method", "PATCH", state, "x", 405, "allow: GET, HEAD, POST"},
       {"an unknown path", "GET", "/v1/stat", "", 404, "no such resource"},
       {"a name that cannot be", "GET", "/v1/workspaces/..%2f/state", "", 400, "name"}});
}

TEST_CASE("states on the wire: locks") {
  const Running running;
  run(running,
      {{"locked", "LOCK", state, a, 200, "ada@here"},
       {"again with the same ID", "LOCK", state, a, 200, "ada@here"},
       {"by another", "LOCK", state, b, 423, R"("Who":"ada@here")"},
       {"the holder's LockInfo has a time", "LOCK", state, b, 423, R"("Created":"20)"},
       {"a write without the ID", "POST", state, "x", 423, R"("ID":"a")"},
       {"a write with a wrong ID", "POST", "/v1/state?ID=b", "x", 409, "'b' is not held"},
       {"a write with the ID", "POST", "/v1/state?ID=a", "one", 200, "\"lock\":\"a\""},
       {"reading needs no lock", "GET", state, "", 200, "one"},
       {"a delete without the ID", "DELETE", state, "", 423, R"("ID":"a")"},
       {"who holds what", "GET", "/v1/locks", "", 200, R"("workspace":"default","lock":{"ID":"a")"},
       {"the workspace is locked", "GET", "/v1/workspaces/default", "", 200, R"("locked":true)"},
       {"UNLOCK with another ID", "UNLOCK", state, b, 409, "'b' is not held"},
       {"still held", "LOCK", state, b, 423},
       {"UNLOCK", "UNLOCK", state, a, 200},
       {"UNLOCK again", "UNLOCK", state, a, 200},
       {"a write with an ID that is not held", "POST", "/v1/state?ID=a", "y", 409, "not held"},
       {"a LockInfo that does not parse", "LOCK", state, "{", 400, "no JSON"},
       {"one without an ID", "LOCK", state, "{}", 400, "no ID"},
       {"one with an ID that is no text", "LOCK", state, R"({"ID":1})", 400, "no text"},
       {"none at all", "LOCK", state, "", 400},
       {"one that is too large", "LOCK", state, std::string(70'000, ' ') + a, 413},
       {"UNLOCK with what is none", "UNLOCK", state, "[]", 400},
       {"locked by the other", "LOCK", state, b, 200},
       {"forced with an empty body", "UNLOCK", state, "", 200},
       {"forced when nothing is held", "UNLOCK", state, "", 200},
       {"locked", "LOCK", state, b, 200},
       {"an ID alone that is not the holder's", "UNLOCK", state, R"({"ID":"a"})", 409},
       {"forced with the ID alone", "UNLOCK", state, R"({"ID":"b"})", 200},
       {"which is on record", "GET", "/v1/workspaces/default/audit", "", 200,
        R"("action":"force-unlock","detail":"b")"},
       {"by those who cannot send LOCK", "PUT", "/v1/lock", a, 200},
       {"refused there too", "POST", "/v1/workspaces/default/lock", b, 423},
       {"and released", "DELETE", "/v1/lock", a, 200},
       {"nobody holds anything", "GET", "/v1/locks", "", 200, R"({"locks":[]})"},
       {"nor is one made for a lock that is not held", "POST", "/v1/workspaces/new/state?ID=a", "x",
        409, "not held"},
       {"to delete its state with one", "DELETE", "/v1/workspaces/new/state?ID=a", "", 409},
       {"or to restore it", "POST", "/v1/workspaces/new/versions/1/restore?ID=a", "", 409},
       {"UNLOCK makes no workspace", "UNLOCK", "/v1/workspaces/new/state", a, 200},
       {"so it is not there", "GET", "/v1/workspaces/new", "", 404},
       {"LOCK makes one", "LOCK", "/v1/workspaces/new/state", a, 200},
       {"so it is", "GET", "/v1/workspaces/new", "", 200, R"("state":null)"}});
}

TEST_CASE("states on the wire: a LockInfo on its way") {
  const Running running;
  run(running, {{"one that was damaged on its way",
                 "LOCK",
                 state,
                 a,
                 400,
                 "MD5",
                 {{"content-md5", workspace::content_md5(b)}}},
                {"one that is packed",
                 "LOCK",
                 state,
                 workspace::gzip(a),
                 200,
                 "ada@here",
                 {{"content-encoding", "gzip"}}},
                {"UNLOCK with a damaged one",
                 "UNLOCK",
                 state,
                 a,
                 400,
                 "MD5",
                 {{"content-md5", workspace::content_md5(b)}}},
                {"UNLOCK with a whole one",
                 "UNLOCK",
                 state,
                 a,
                 200,
                 "",
                 {{"content-md5", workspace::content_md5(a)}}}});
}

TEST_CASE("states on the wire: locks that end by themselves") {
  Running running;
  run(running, {{"for ten seconds", "LOCK", "/v1/state?ttl=10", a, 200},
                {"how long it has", "GET", "/v1/locks", "", 200, R"("left_ms":10000)"},
                {"ttl must be a number", "LOCK", "/v1/state?ttl=1h", b, 400, "ttl"},
                {"held", "LOCK", state, b, 423}});
  running.clock.advance(9'000);
  run(running, {{"still held", "LOCK", state, b, 423},
                {"one second left", "GET", "/v1/locks", "", 200, R"("left_ms":1000)"},
                {"renewed", "LOCK", state, a, 200},
                {"ten again", "GET", "/v1/locks", "", 200, R"("left_ms":10000)"}});
  running.clock.advance(10'000);
  run(running, {{"taken over", "LOCK", state, b, 200, "bob@there"},
                {"the old holder is refused", "POST", "/v1/state?ID=a", "x", 409},
                {"the new one is not", "POST", "/v1/state?ID=b", "x", 200}});
}

TEST_CASE("states on the wire: ETags against lost updates") {
  const Running running;
  const char* w = "/v1/workspaces/w/state";
  run(running,
      {{"only where there is one", "POST", w, "one", 412, "", {{"if-match", "*"}}},
       {"a version that never was", "POST", w, "one", 412, "", {{"if-match", "\"1-1\""}}},
       {"that made no workspace", "GET", "/v1/workspaces", "", 200, R"({"workspaces":[]})"},
       {"only where there is none", "POST", w, "one", 200, "1-1", {{"if-none-match", "*"}}},
       {"there is one", "POST", w, "two", 412, "version 1", {{"if-none-match", "*"}}},
       {"which is not sent then", "GET", w, "", 304, "1-1", {{"if-none-match", "*"}}},
       {"unless it is the newest", "POST", w, "two", 412, "", {{"if-none-match", "\"1-1\""}}},
       {"the newest", "POST", w, "two", 200, "1-2", {{"if-match", "\"1-1\""}}},
       {"the same again, since its answer was lost",
        "POST",
        w,
        "two",
        200,
        "1-2",
        {{"if-match", "\"1-1\""}}},
       {"not the newest any more",
        "POST",
        w,
        "three",
        412,
        "read it and try again",
        {{"if-match", "\"1-1\""}}},
       {"of another workspace", "POST", w, "three", 412, "", {{"if-match", "\"2-2\""}}},
       {"one of several", "POST", w, "three", 200, "1-3", {{"if-match", "\"1-1\", \"1-2\""}}},
       {"a stale delete", "DELETE", w, "", 412, "", {{"if-match", "\"1-1\""}}},
       {"a good one", "DELETE", w, "", 200, "", {{"if-match", "\"1-3\""}}}});
}

TEST_CASE("states on the wire: versions and workspaces") {
  schema_service::Settings settings;
  settings.state_versions_max = 3;
  settings.state_quota_bytes_max = 5'000;
  settings.state_workspaces_max = 2;
  settings.state_body_bytes_max = 10'000;
  const Running running(settings);
  const char* w = "/v1/workspaces/w/state";
  const std::string versions = "/v1/workspaces/w/versions";
  run(running,
      {{"one", "POST", w, "one", 200},
       {"two", "POST", w, "two", 200},
       {"three", "POST", w, "three", 200},
       {"all are listed", "GET", "/v1/workspaces/w/versions", "", 200, R"([{"version":1,)"},
       {"an old one", "GET", "/v1/workspaces/w/versions/1", "", 200, "one"},
       {"its ETag", "GET", "/v1/workspaces/w/versions/1", "", 200, "etag: \"1-1\""},
       {"brought back", "POST", "/v1/workspaces/w/versions/1/restore", "", 200,
        R"("restored_from":1)"},
       {"it is the newest", "GET", w, "", 200, "one"},
       {"the oldest made room", "GET", "/v1/workspaces/w/versions/1", "", 404},
       {"nor can it come back", "POST", "/v1/workspaces/w/versions/1/restore", "", 404},
       {"a version that is no number", "GET", "/v1/workspaces/w/versions/x", "", 404},
       {"restore is a POST", "GET", "/v1/workspaces/w/versions/2/restore", "", 405},
       {"over the quota", "POST", w, std::string(5'001, 'x'), 507, "quota"},
       {"over what may be sent", "POST", w, std::string(10'001, 'x'), 413},
       {"a second workspace", "POST", "/v1/workspaces/v/state", "v", 200},
       {"one too many", "POST", "/v1/workspaces/u/state", "u", 507, "workspaces_max"},
       {"the list", "GET", "/v1/workspaces", "", 200, R"("name":"v","id":2)"},
       {"not empty", "DELETE", "/v1/workspaces/w", "", 409, "force"},
       {"deleted", "DELETE", "/v1/workspaces/w?force=true", "", 200},
       {"not there", "DELETE", "/v1/workspaces/w?force=true", "", 404},
       {"no versions either", "GET", "/v1/workspaces/w/versions", "", 404},
       {"the default cannot be", "DELETE", "/v1/workspaces/default", "", 409, "default"},
       {"made again it is empty", "POST", w, "new", 200, "etag: \"4-1\""},
       {"and held", "LOCK", w, a, 200},
       {"its state is gone", "DELETE", "/v1/workspaces/w/state?ID=a", "", 200},
       {"but a lock is held", "DELETE", "/v1/workspaces/w", "", 409, "force"},
       {"force is true or false", "DELETE", "/v1/workspaces/w?force=1", "", 400}});
}

TEST_CASE("states on the wire: gzip both ways") {
  const Running running;
  const std::string text(200'000, 'x');
  run(running,
      {{"packed",
        "POST",
        state,
        workspace::gzip(text),
        200,
        R"("octets":200000)",
        {{"content-encoding", "gzip"}}},
       {"its MD5 is that of what travels",
        "POST",
        state,
        workspace::gzip(text),
        200,
        "",
        {{"content-encoding", "gzip"},
         {"content-md5", workspace::content_md5(workspace::gzip(text))}}},
       {"not packed at all", "POST", state, "x", 400, "gzip", {{"content-encoding", "gzip"}}},
       {"another coding", "POST", state, "x", 415, "gzip", {{"content-encoding", "br"}}}});
  CHECK(running.ask("GET", state).body == text);
  const auto packed = running.ask("GET", state, "", {{"accept-encoding", "gzip, br"}});
  CHECK(holds(packed, "content-encoding: gzip"));
  CHECK(workspace::gunzip(packed.body, text.size()).value() == text);
  for (const char* not_taken : {"gzip;q=0", "br, gzip ; q=0.0", "x-gzip", "identity", ""})
    CHECK(running.ask("GET", state, "", {{"accept-encoding", not_taken}}).body == text);
  for (const char* taken : {"GZIP", "br;q=1.0, gzip;q=0.5"})
    CHECK(holds(running.ask("GET", state, "", {{"accept-encoding", taken}}), "gzip"));
}

TEST_CASE("G8: what unfolds to more than a state may have is refused") {
  schema_service::Settings settings;
  settings.state_body_bytes_max = 10'000;
  const Running running(settings);
  const std::string bomb = workspace::gzip(std::string(2'000'000, 'x'));
  REQUIRE(bomb.size() < 10'000);
  CHECK(running.ask("POST", state, bomb, {{"content-encoding", "gzip"}}).status == 413);
}

TEST_CASE("requests that a web page makes are not taken") {
  const Running running;
  run(running, {{"with an Origin", "POST", state, "x", 403, "Origin", {{"origin", "http://a"}}},
                {"to a name that is not ours",
                 "GET",
                 state,
                 "",
                 403,
                 "evil.example",
                 {{"host", "evil.example"}}},
                {"to this machine", "GET", state, "", 404, "", {{"host", "localhost:8896"}}}});
  // Names whose owners may let them point to this machine.
  for (const char* host :
       {"127.evil.example", "127.0.0.1.evil.example:80", "127.0.0.evil", "127.0.0.1.", "127..0.1",
        "127.1", "[::1].evil.example", "localhost.evil"})
    run(running, {{host, "GET", state, "", 403, "not a name of it", {{"host", host}}}});
  for (const char* host : {"127.0.0.1", "127.0.0.1:1", "127.1.2.3:8896", "[::1]:8896", "[::1]"})
    run(running, {{host, "GET", state, "", 404, "", {{"host", host}}}});
}
