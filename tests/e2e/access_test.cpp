// Closed doors with the real binaries: nobody gets in who shows nothing, the bootstrap token makes
// the first tokens, each opens what its roles say, and what was denied is told.
#include <sys/stat.h>

#include <ctime>
#include <filesystem>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/jwt.hpp"

using namespace millrace::e2e;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Closed {
 public:
  explicit Closed(const Words& more = {}) : cluster(settings(more)) {
    REQUIRE(cluster.ready());
    root = cluster.data() + "/bootstrap.token";
  }

  Outcome as(const std::string& token_file, Words words) const {
    words.push_back("--token-file");
    words.push_back(token_file);
    return cluster.millrace(words);
  }

  // A file with a token of somebody with these roles.
  std::string token(const std::string& principal, const Words& roles) const {
    const std::string path = cluster.folder().path(principal + ".token");
    Words words = {"token", "create", principal, "--file", path};
    for (const std::string& role : roles) {
      words.push_back("--role");
      words.push_back(role);
    }
    const Outcome made = as(root, words);
    INFO(made.err);
    REQUIRE(made.exit_code == 0);
    return path;
  }

  static Words settings(const Words& more) {
    Words all = {"--settings-version=2", "--auth.mode=required"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string url(const std::string& setting) const {
    return "http://127.0.0.1:" + std::to_string(cluster.port(setting));
  }

  Cluster cluster;
  std::string root;
};

std::int64_t now_s() { return std::time(nullptr); }

std::string claims(const std::string& audience, std::int64_t expires_s) {
  return R"({"iss":"https://id.example","sub":"ada","groups":["ops"],"aud":")" + audience +
         R"(","exp":)" + std::to_string(expires_s) + "}";
}

// What curl says of a page, and its own exit code: 28 is a time that ran out.
Outcome curl(const std::string& url, const std::string& token, const Words& more = {}) {
  Words words = {"curl", "-sS", "-H", "Authorization: Bearer " + token, url};
  words.insert(words.end(), more.begin(), more.end());
  return run(words);
}

// Takes the lock of workspace prod for somebody, and breaks it.
void break_a_lock(const std::string& states, const std::string& token_file) {
  std::string token = read_file(token_file);
  token.pop_back();
  const std::vector<millrace::httpkit::Header> bearer = {{"Authorization", "Bearer " + token}};
  for (const auto& [method, body] : {std::pair{"LOCK", R"({"ID":"a1","Who":"ed@desk"})"},
                                     std::pair{"UNLOCK", R"({"ID":"a1"})"}}) {
    const auto answer = millrace::httpkit::fetch(method, states + "/v1/workspaces/prod/state", body,
                                                 bearer, 10'000);
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
}

}  // namespace

TEST_CASE("with auth required each door is closed to who shows nothing, and opens by role") {
  Closed house;
  struct stat about {};
  REQUIRE(stat(house.root.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);

  const Outcome nobody = house.cluster.millrace({"ps"});
  CHECK(nobody.exit_code == 1);
  CHECK(has(nobody.err, "a token is wanted (--token-file or MILLRACE_TOKEN_FILE)"));
  CHECK(house.cluster.millrace({"timeline", "query"}).exit_code == 1);
  CHECK(house.cluster.millrace({"call", "echo.say", "{}"}).exit_code == 1);
  const std::string console =
      "http://127.0.0.1:" + std::to_string(house.cluster.port("console.http_listen"));
  const std::string states =
      "http://127.0.0.1:" + std::to_string(house.cluster.port("schema.http_listen"));
  for (const std::string& url :
       {console + "/", console + "/api/overview", console + "/api/events",
        states + "/v1/workspaces", states + "/v1/workspaces/default/state"}) {
    CAPTURE(url);
    const auto answer = millrace::httpkit::fetch("GET", url, "", {}, 10'000);
    REQUIRE(answer);
    CHECK(answer->status == 401);
    CHECK(millrace::httpkit::find_header(answer->headers, "www-authenticate"));
  }

  const std::string viewer = house.token("vera", {"viewer"});
  CHECK(house.as(viewer, {"ps"}).exit_code == 0);
  // The timeline and the console learn of the token by the feed.
  CHECK(eventually([&] { return house.as(viewer, {"timeline", "query"}).exit_code == 0; }));
  const Outcome refused = house.as(viewer, {"token", "list"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "vera may not ListAccess: it takes the role admin"));
  std::string shown = read_file(viewer);
  shown.pop_back();
  const std::vector<millrace::httpkit::Header> bearer = {{"Authorization", "Bearer " + shown}};
  CHECK(eventually([&] {
    const auto page =
        millrace::httpkit::fetch("GET", console + "/api/overview", "", bearer, 10'000);
    return page && page->status == 200;
  }));
  const auto state = millrace::httpkit::fetch("POST", states + "/v1/workspaces/default/state", "{}",
                                              bearer, 10'000);
  REQUIRE(state);
  CHECK(state->status == 403);

  break_a_lock(states, house.root);  // which is in the audit of all

  const Outcome list = house.as(house.root, {"token", "list"});
  CHECK(has(list.out, "vera"));
  CHECK_FALSE(has(list.out, shown));
  REQUIRE(house.as(house.root, {"token", "revoke", shown.substr(4, 10), "--reason", "left"})
              .exit_code == 0);
  CHECK(house.as(viewer, {"ps"}).exit_code == 1);

  // Both what was changed and what was denied, and by whom.
  std::string audit;
  CHECK(eventually([&] {
    audit = house.as(house.root, {"audit", "--output", "json"}).out;
    return has(audit, "ListAccess") && has(audit, "broken");
  }));
  CHECK(has(audit, "vera (token " + shown.substr(4, 10) + ")"));
  CHECK(has(audit, "token " + shown.substr(4, 10) + " of vera revoked"));
  CHECK(has(audit, "\"who\": \"bootstrap\""));
  CHECK(has(audit, "\"denied\": true"));
  CHECK(has(audit, "lock of workspace prod broken, which held a1 (ed@desk)"));
  CHECK_FALSE(has(audit, shown));
}

TEST_CASE("with auth required a module is deployed, served and called with tokens of its own") {
  Closed house;
  const std::string token = house.token("echo", {"deployer=echo,time", "service=echo,time"});
  const auto time = house.cluster.example("time", {"--token-file", token});
  const auto echo = house.cluster.example("echo", {"--token-file", token});
  CHECK(house.cluster.answers("/echo?name=Ada"));
  const std::string viewer = house.token("vera", {"viewer"});
  // Routing learns of the token by the feed; to one that it does not know it says so.
  Outcome denied;
  CHECK(eventually([&] {
    denied = house.as(viewer, {"call", "time.now", "{}"});
    return !has(denied.err, "is not known");
  }));
  CHECK(denied.exit_code == 1);
  CHECK(has(denied.err, "vera may not Call: it takes the role"));

  // What routing refuses is told with where it came from.
  const std::string dora = house.token("dora", {"deployer=shop*"});
  CHECK(eventually([&] {
    denied = house.as(dora, {"call", "time.now", "{}"});
    return !has(denied.err, "is not known");
  }));
  CHECK(has(denied.err, "forbidden"));
  std::string audit;
  CHECK(eventually([&] {
    audit = house.as(house.root, {"audit", "--who", "dora"}).out;
    return has(audit, "call time.now");
  }));
  INFO(audit);
  CHECK(has(audit, "127.0.0.1"));
  const Outcome called = house.as(house.root, {"call", "time.now", "{}"});
  INFO(called.err);
  CHECK(called.exit_code == 0);
}

// 0.0.0.0 leads to this machine and is none of its names.
TEST_CASE("the command line shows no token in clear to another machine, unless it is told to") {
  Closed house;
  const std::string schema = "0.0.0.0:" + std::to_string(house.cluster.port("schema.listen"));
  const Outcome refused = house.as(house.root, {"token", "list", "--schema", schema});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "error: the token would go to " + schema + " in clear"));
  CHECK(has(refused.err, "--ca FILE (MILLRACE_CLI_CA), or say --insecure"));
  CHECK(house.as(house.root, {"token", "list", "--schema", schema, "--insecure"}).exit_code == 0);
  // Without a token there is nothing to keep.
  CHECK(
      has(house.cluster.millrace({"token", "list", "--schema", schema}).err, "a token is wanted"));

  const std::string states = std::to_string(house.cluster.port("schema.http_listen"));
  const Words check = {"state", "conformance", "http://0.0.0.0:" + states + "/", "--only", "lock."};
  const Outcome states_refused = house.as(house.root, check);
  CHECK(states_refused.exit_code == 1);
  CHECK(has(states_refused.err, "the token would go to 0.0.0.0:" + states + " in clear"));
  Words nevertheless = check;
  nevertheless.push_back("--insecure");
  const Outcome asked = house.as(house.root, nevertheless);  // which takes no such name for its own
  CHECK(has(asked.err, "asking http://0.0.0.0:" + states + "/: it answers 403"));
}

TEST_CASE("a service shows no token in clear to another machine, and does not start") {
  const Folder folder;
  const std::string token = folder.path("services.token");
  REQUIRE(run({binary("millrace"), "token", "draw", token}).exit_code == 0);
  const Words words = {binary("millrace-routing"),      "--settings-version=2",
                       "--auth.mode=required",          "--auth.token_file=" + token,
                       "--data=" + folder.path("data"), "--routing.follow.schema=192.0.2.1:8892"};
  const Outcome refused = run(words);
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err,
            "routing.follow.schema = 192.0.2.1:8892 would be shown the token of "
            "auth.token_file in clear"));
  Words nevertheless = words;
  nevertheless.insert(nevertheless.end(), {"--insecure", "--check-settings"});
  CHECK(run(nevertheless).exit_code == 0);
}

TEST_CASE("run goes on with the token that its file holds now, once the one before is over") {
  Closed house;
  const Words roles = {"deployer=time", "service=time"};
  const std::string first = house.token("time", roles);
  const Folder folder;
  const std::string file = folder.path("token");
  write_file(file, read_file(first));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  const auto time = house.cluster.example("time", {"--token-file", file});
  const auto registrations = [&] {
    const std::string log = time->output();
    std::size_t count = 0;
    for (std::size_t at = log.find("registered as"); at != std::string::npos;
         at = log.find("registered as", at + 1))
      ++count;
    return count;
  };
  REQUIRE(eventually([&] { return registrations() == 1 && has(time->output(), "is live"); }));

  const std::string id = read_file(first).substr(4, 10);
  std::filesystem::remove(first);
  write_file(file, read_file(house.token("time", {})));
  REQUIRE(house.as(house.root, {"token", "revoke", id}).exit_code == 0);
  INFO(time->output());
  REQUIRE(eventually([&] { return registrations() == 2; }));
  CHECK(time->running());
  CHECK(eventually([&] {
    return house.as(house.root, {"call", "time.now", "{}"}).exit_code == 0;
  }));
}

// A JWT of the most groups that one may list, and as large as one may be.
TEST_CASE("a JSON Web Token of somebody in hundreds of groups opens doors, and a larger one none") {
  const Folder folder;
  const auto key = millrace::test::JwtKey::ec("ec-1");
  const std::string keys = folder.path("jwks.json");
  write_file(keys, "{\"keys\":[" + key.public_json() + "]}");
  const Closed house({"--auth.jwt.keys=" + keys, "--auth.jwt.issuer=https://id.example",
                      "--auth.jwt.audience=millrace", "--auth.jwt.groups_claim=groups"});
  REQUIRE(house.as(house.root, {"role", "set", "group:team255", "--role", "viewer"}).exit_code ==
          0);
  const auto token_of = [&](std::size_t padding) {
    std::string groups;
    for (int i = 0; i < 256; ++i)
      groups += (i == 0 ? "\"team" : ",\"team") + std::to_string(i) + '"';
    return key.sign("ES256", R"({"iss":"https://id.example","sub":"ada","aud":"millrace","exp":)" +
                                 std::to_string(now_s() + 600) + R"(,"padding":")" +
                                 std::string(padding, 'x') + R"(","groups":[)" + groups + "]}");
  };
  std::size_t padding = 4'000;
  while (token_of(padding).size() > 8'192) --padding;
  const std::string largest = token_of(padding), larger = token_of(padding + 4);
  REQUIRE(largest.size() > 8'180);
  const std::string file = folder.path("ada.jwt");
  write_file(file, largest + "\n");
  std::filesystem::permissions(file, std::filesystem::perms(0600));

  Outcome seen;
  CHECK(eventually([&] {
    seen = house.as(file, {"ps"});
    return seen.exit_code == 0;
  }));
  INFO(seen.err);
  CHECK(house.as(file, {"timeline", "query"}).exit_code == 0);
  CHECK(has(curl(house.url("console.http_listen") + "/api/overview", largest).out, "\"modules\""));

  write_file(file, larger + "\n");
  const Outcome refused = house.as(file, {"ps"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "too long for a token: more than 8192 bytes"));
}

TEST_CASE("a JSON Web Token opens doors to curl and the command line, until it expires") {
  const Folder folder;
  const auto key = millrace::test::JwtKey::ec("ec-1");
  const std::string keys = folder.path("jwks.json");
  write_file(keys, "{\"keys\":[" + key.public_json() + "]}");
  Closed house({"--auth.jwt.keys=" + keys, "--auth.jwt.issuer=https://id.example",
                "--auth.jwt.audience=millrace", "--auth.jwt.groups_claim=groups",
                "--auth.jwt.leeway=0s"});
  const std::string overview = house.url("console.http_listen") + "/api/overview";
  const std::string good = key.sign("ES256", claims("millrace", now_s() + 600));
  const std::string file = folder.path("ada.jwt");
  write_file(file, good + "\n");
  std::filesystem::permissions(file, std::filesystem::perms(0600));

  CHECK(has(house.as(file, {"ps"}).err, "ada may not"));  // nobody gave anything to ada yet
  REQUIRE(house.as(house.root, {"role", "set", "group:ops", "--role", "viewer"}).exit_code == 0);
  REQUIRE(eventually([&] { return has(curl(overview, good).out, "\"modules\""); }));
  CHECK(house.as(file, {"ps"}).exit_code == 0);
  CHECK(has(house.as(file, {"token", "list"}).err, "ada may not ListAccess"));

  const std::string other = key.sign("ES256", claims("shop", now_s() + 600));
  const Outcome refused = curl(overview, other, {"-w", "%{http_code}"});
  CHECK(has(refused.out, "this token is not known, or was revoked"));
  CHECK(has(refused.out, "401"));
  CHECK(has(curl(overview, key.sign("ES256", claims("millrace", now_s() - 1))).out,
            "this token has expired"));
  // A stream ends when its token does, long before curl would give up.
  const std::string events = house.url("console.http_listen") + "/api/events";
  const std::string brief = key.sign("ES256", claims("millrace", now_s() + 3));
  CHECK(curl(events, brief, {"-N", "--max-time", "25"}).exit_code != 28);

  std::string audit;
  CHECK(eventually([&] {
    audit = house.as(house.root, {"audit"}).out;
    return has(audit, "another audience");
  }));
  CHECK(has(audit, "JWT: it is for another audience"));
  CHECK_FALSE(has(audit, other.substr(other.rfind('.'))));
}
