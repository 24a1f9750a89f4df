#include "services/console/service.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "support/catch.hpp"
#include "tests/console/fakes.hpp"

using namespace millrace;
using console::Live;
using console::Service;

namespace {

std::string header(const httpkit::Response& response, std::string_view name) {
  return std::string(httpkit::find_header(response.headers, name).value_or(""));
}

struct Site {
  Live live{{1, 10}};
  Service service{{true, {}},
                  {[] { return std::string("{\"overview\":1}"); },
                   [](std::string_view name) -> std::optional<std::string> {
                     if (name != "echo") return std::nullopt;
                     return "{\"module\":1}";
                   }},
                  live};

  static httpkit::Request request(const std::string& target,
                                  std::vector<httpkit::Header> headers = {}) {
    httpkit::Request out;
    out.method = "GET";
    out.target = target;
    const std::size_t mark = target.find('?');
    out.path = target.substr(0, mark);
    if (mark != std::string::npos) out.query = target.substr(mark + 1);
    out.headers = std::move(headers);
    out.headers.push_back({"Host", "127.0.0.1:8895"});
    return out;
  }
  httpkit::Response get(const std::string& target, std::vector<httpkit::Header> headers = {}) {
    return service.answer(request(target, std::move(headers)));
  }
};

}  // namespace

TEST_CASE("the page is served at the root and asks for nothing from elsewhere") {
  Site site;
  const auto page = site.get("/");
  CHECK(page.status == 200);
  CHECK(header(page, "content-type") == "text/html; charset=utf-8");
  CHECK(header(page, "cache-control") == "no-cache");
  CHECK(page.body.find("<title>Millrace</title>") != std::string::npos);
  CHECK(page.body.find("http://") == std::string::npos);
  CHECK(page.body.find("https://") == std::string::npos);
  const std::string policy = header(page, "content-security-policy");
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("unsafe") == std::string::npos);
}

TEST_CASE("every part of the page has a type, a tag and a way to be kept") {
  Site site;
  std::set<std::string> types;
  for (const console::Asset& asset : console::assets()) {
    INFO(asset.path);
    const auto answer = site.get(std::string(asset.path));
    CHECK(answer.status == 200);
    CHECK(answer.body == asset.plain);
    CHECK(header(answer, "etag").size() == 34);
    const bool kept = header(answer, "cache-control") == "public, max-age=31536000, immutable";
    CHECK(kept == asset.path.starts_with("/assets/"));
    types.insert(header(answer, "content-type"));
  }
  CHECK(types.count("font/woff2") == 1);
  CHECK(types.count("text/javascript; charset=utf-8") == 1);
}

TEST_CASE("who takes gzip gets gzip, under another tag") {
  Site site;
  const auto plain = site.get("/");
  const auto zipped = site.get("/", {{"Accept-Encoding", "br, gzip;q=0.8"}});
  CHECK(header(zipped, "content-encoding") == "gzip");
  CHECK(zipped.body.substr(0, 2) == "\x1f\x8b");
  CHECK(zipped.body.size() < plain.body.size());
  CHECK(header(zipped, "etag") != header(plain, "etag"));
  CHECK(header(plain, "vary") == "Accept-Encoding");
  CHECK(header(site.get("/", {{"Accept-Encoding", "gzip;q=0"}}), "content-encoding").empty());
}

TEST_CASE("who has the page already is told that it is the same") {
  Site site;
  const std::string tag = header(site.get("/"), "etag");
  const auto again = site.get("/", {{"If-None-Match", "\"other\", " + tag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(header(again, "etag") == tag);
  CHECK(site.get("/", {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("the data is JSON that no cache keeps") {
  Site site;
  const auto overview = site.get("/api/overview");
  CHECK(overview.body == "{\"overview\":1}");
  CHECK(header(overview, "content-type") == "application/json");
  CHECK(header(overview, "cache-control") == "no-store");
  CHECK(header(overview, "access-control-allow-origin").empty());
  CHECK(site.get("/api/modules/echo").body == "{\"module\":1}");
  CHECK(site.get("/api/modules/%65cho").body == "{\"module\":1}");
  CHECK(site.get("/api/timeline?limit=5&type=call").status == 200);
}

TEST_CASE("what is not there or malformed is told as a problem with what to do") {
  Site site;
  const auto told = [&](const std::string& target) {
    const auto answer = site.get(target);
    CHECK(header(answer, "content-type") == "application/problem+json");
    const auto json = nlohmann::json::parse(answer.body);
    CHECK(json["status"] == answer.status);
    return std::to_string(answer.status) + " " + json["detail"].get<std::string>();
  };
  CHECK(told("/api/modules/nobody") == "404 no module is called nobody");
  CHECK(told("/api/modules/%zz") == "400 the module's name is malformed");
  CHECK(told("/api/nothing").find("404 there is no /api/nothing") == 0);
  CHECK(told("/nothing").find("404 there is no such page") == 0);
  CHECK(told("/../etc/passwd").find("404") == 0);
  CHECK(told("/api/timeline?limit=x").find("400 limit is a whole number") == 0);
  CHECK(told("/api/timeline?limit=1001").find("400") == 0);
  CHECK(told("/api/timeline?before=-1").find("400") == 0);
  CHECK(told("/api/timeline?what=1").find("400 there is no parameter what") == 0);
}

TEST_CASE("a method that is refused says which ones are not") {
  Site site;
  httpkit::Request request = Site::request("/api/overview");
  request.method = "POST";
  const auto answer = site.service.answer(request);
  CHECK(answer.status == 405);
  CHECK(header(answer, "allow") == "GET, HEAD");
}

TEST_CASE("G8: a page too many is told to come back") {
  Site site;
  const auto open = [&] {
    const auto reply = std::make_shared<test::FakeReply>();
    site.service.handle(Site::request("/api/events"), reply);
    return reply;
  };
  const auto first = open();
  CHECK(header(first->answer, "content-type") == "text/event-stream");
  REQUIRE(first->opened != nullptr);
  CHECK(first->opened->take().find("event: overview\ndata: {\"overview\":1}\n\n") == 0);
  const auto second = open();
  CHECK(second->answer.status == 503);
  CHECK(second->opened == nullptr);
}

TEST_CASE("another site cannot open the stream of events") {
  Site site;
  const auto reply = std::make_shared<test::FakeReply>();
  site.service.handle(Site::request("/api/events", {{"Origin", "http://evil.example"}}), reply);
  CHECK(reply->answer.status == 403);
  CHECK(reply->opened == nullptr);
}

TEST_CASE("why the past cannot be told has a status of its own") {
  const auto status = [](statekit::Code code) {
    Live live{{1, 10}};
    console::Questions questions;
    questions.past = [code](statekit::Revision at, const std::string& module, const auto& answer) {
      CHECK(at == 7);
      CHECK(module.empty());
      answer(statekit::fail(code, "why"));
    };
    const Service service({true, {}}, questions, live);
    const auto reply = std::make_shared<test::FakeReply>();
    service.handle(Site::request("/api/overview?at=7"), reply);
    CHECK(reply->answer.body.find("why") != std::string::npos);
    return reply->answer.status;
  };
  CHECK(status(statekit::Code::out_of_range) == 410);
  CHECK(status(statekit::Code::not_found) == 404);
  CHECK(status(statekit::Code::unavailable) == 503);
  CHECK(status(statekit::Code::resource_exhausted) == 503);
  CHECK(status(statekit::Code::deadline_exceeded) == 504);
  CHECK(status(statekit::Code::unimplemented) == 502);
}
