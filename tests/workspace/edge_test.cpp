// The texts of the protocol: paths, queries, ETags, LockInfo, gzip and Content-MD5.
#include <nlohmann/json.hpp>

#include "services/schema/workspace/body.hpp"
#include "services/schema/workspace/json.hpp"
#include "services/schema/workspace/route.hpp"
#include "services/schema/workspace/shelf.hpp"
#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::workspace;

TEST_CASE("a path names its resource") {
  const auto names = [](const char* path, Resource resource, const std::string& workspace,
                        std::uint64_t number = 0) {
    const auto route = parse_route(path);
    return route && route->resource == resource && route->workspace == workspace &&
           route->number == number;
  };
  CHECK(names("/v1/state", Resource::state, "default"));
  CHECK(names("/v1/lock", Resource::lock, "default"));
  CHECK(names("/v1/locks", Resource::locks, ""));
  CHECK(names("/v1/workspaces", Resource::workspaces, ""));
  CHECK(names("/v1/workspaces/prod", Resource::workspace, "prod"));
  CHECK(names("/v1/workspaces/prod/state", Resource::state, "prod"));
  CHECK(names("/v1/workspaces/pr%6Fd/state", Resource::state, "prod"));
  CHECK(names("/v1/workspaces/prod/locks", Resource::locks, "prod"));
  CHECK(names("/v1/workspaces/prod/versions/12", Resource::version, "prod", 12));
  CHECK(names("/v1/workspaces/prod/versions/12/restore", Resource::restore, "prod", 12));
}

TEST_CASE("a path that names nothing is told apart from a name that cannot be") {
  for (const char* path :
       {"", "/", "*", "/v1", "/v2/state", "/v1/state/", "/v1/workspaces/prod/", "/v1/other",
        "/v1/workspaces/prod/state/x", "/v1/workspaces/prod/versions/0",
        "/v1/workspaces/prod/versions/01", "/v1/workspaces/prod/versions/+1",
        "/v1/workspaces/prod/versions/99999999999999999999", "/v1/workspaces/prod/versions/1/other",
        "/v1/workspaces/prod/versions/1/restore/x"}) {
    CAPTURE(path);
    CHECK(parse_route(path).error().code == statekit::Code::not_found);
  }
  for (const char* path :
       {"/v1/workspaces//state", "/v1/workspaces/..%2Fx/state", "/v1/workspaces/%2e%2e/state",
        "/v1/workspaces/%zz/state", "/v1/workspaces/a%00/state"}) {
    CAPTURE(path);
    CHECK(parse_route(path).error().code == statekit::Code::invalid_argument);
  }
}

TEST_CASE("a query says an id, a time to live and force") {
  const auto query = parse_query_of("ID=a%20b&ttl=30&force=true&other=1");
  REQUIRE(query);
  CHECK(query->id == "a b");
  CHECK(query->ttl_ms == 30'000);
  CHECK(query->force);
  for (const char* bad : {"ttl=0", "ttl=-1", "ttl=604801", "ttl=1s", "force=1", "ID=%"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_query_of(bad));
  }
}

TEST_CASE("an ETag is read back as it was given, and others are skipped") {
  CHECK(parse_etags("\"5-12\"") == std::vector<Etag>{{5, 12}});
  CHECK(parse_etags(" \"5-12\" , W/\"6-1\"") == std::vector<Etag>{{5, 12}, {6, 1}});
  for (const char* other : {"", "5-12", "\"5\"", "\"0-1\"", "\"5-12", "*", "\"a-b\"", ",,"})
    CHECK(parse_etags(other).empty());
}

TEST_CASE("a LockInfo is read as clients send it and written as they read it") {
  const auto info = parse_lock_info(
      R"({"ID":"i","Operation":"OperationTypeApply","Info":"","Who":"ada@here","Version":"1.11.4",)"
      R"("Created":"2026-11-28T08:45:31.628622101Z","Path":"","Extra":{"a":[1]}})");
  REQUIRE(info);
  CHECK(info->who == "ada@here");
  const auto json = nlohmann::json::parse(lock_info_json({*info, 1, 0, 0}));
  CHECK(json["Created"] == "2026-11-28T08:45:31.628622101Z");
  CHECK(json["Operation"] == "OperationTypeApply");
  const auto bare =
      nlohmann::json::parse(lock_info_json({*parse_lock_info(R"({"ID":"i"})"), 1, 0, 0}));
  CHECK(bare["Created"] == "1970-01-01T00:00:00.000Z");
}

// A client that cannot read the holder's LockInfo tells its user that instead of who holds the
// lock.
TEST_CASE("a time that is none is replaced by one that every client can read") {
  const auto shown = [](const std::string& created) {
    LockInfo info;
    info.id = "i";
    info.created = created;
    return nlohmann::json::parse(lock_info_json({info, 1, 0, 0}))["Created"] == created;
  };
  for (const char* time : {"2026-11-28T08:45:31Z", "2026-11-28T08:45:31.6+01:00",
                           "2024-02-29T23:59:59.123456789-11:30"})
    CHECK(shown(time));
  for (const char* none :
       {"", "yesterday", "2026-11-28", "2026-11-28T08:45:31", "2026-13-28T08:45:31Z",
        "2026-11-31T08:45:31Z", "2025-02-29T08:45:31Z", "2026-11-00T08:45:31Z",
        "2026-11-28T24:45:31Z", "2026-11-28T08:60:31Z", "2026-11-28T08:45:61Z",
        "2026-11-28T08:45:31.Z", "2026-11-28T08:45:31 then:00", "2026-11-28T08:45:31+24:00",
        "2026-11-28T08:45:31ZZ", "2026-11-28t08:45:31Z"}) {
    CAPTURE(none);
    CHECK_FALSE(shown(none));
  }
}

TEST_CASE("a LockInfo that is none is refused with what is wrong") {
  const auto says = [](const std::string& text, const std::string& words) {
    const auto info = parse_lock_info(text);
    return !info && info.error().message.find(words) != std::string::npos;
  };
  CHECK(says("{", "no JSON"));
  CHECK(says("[]", "no JSON object"));
  CHECK(says("{}", "no ID"));
  CHECK(says(R"({"ID":""})", "no ID"));
  CHECK(says(R"({"ID":5})", "ID is no text"));
  CHECK(says(R"({"ID":"i","Who":[]})", "Who is no text"));
  CHECK(says(R"({"ID":")" + std::string(5'000, 'x') + "\"}", "ID is over 4096 bytes"));
  CHECK(says("{\"ID\":\"\xff\"}", "no JSON"));
}

TEST_CASE("gzip goes both ways and never unfolds to more than is allowed") {
  const std::string text(100'000, 'x');
  const std::string packed = gzip(text);
  CHECK(packed.size() < 1'000);
  CHECK(gunzip(packed, text.size()).value() == text);
  CHECK(gunzip(packed, text.size() - 1).error().code == statekit::Code::resource_exhausted);
  CHECK(gunzip(packed.substr(0, packed.size() - 1), 1'000'000).error().code ==
        statekit::Code::invalid_argument);
  CHECK_FALSE(gunzip(packed + "x", 1'000'000));
  CHECK_FALSE(gunzip("", 100));
  CHECK_FALSE(gunzip("plain", 100));
  CHECK(content_md5("") == "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST_CASE("the journals of workspaces stand beside the schema's") {
  CHECK(sibling_journal("sqlite:/data/schema/journal.db", "3") ==
        "sqlite:/data/schema/journal.state/3.db");
  CHECK(sibling_journal("data/j.db", "catalogue") == "sqlite:data/j.state/catalogue.db");
  CHECK(sibling_journal("etcd://a:1,b:2/main?tls=on", "3") == "etcd://a:1,b:2/main.state.3?tls=on");
  CHECK(sibling_journal("etcd://a:1/main", "3") == "etcd://a:1/main.state.3");
}
