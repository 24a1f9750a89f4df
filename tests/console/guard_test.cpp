#include "services/console/guard.hpp"
#include "support/catch.hpp"

using namespace millrace;
using console::GuardOptions;

namespace {

httpkit::Request get(const std::string& path, std::vector<httpkit::Header> headers) {
  httpkit::Request request;
  request.method = "GET";
  request.target = request.path = path;
  request.headers = std::move(headers);
  return request;
}

int status_for(const std::string& host, const GuardOptions& options = {}) {
  const auto refusal = console::refuse(get("/", {{"Host", host}}), options);
  return refusal ? refusal->status : 200;
}

int data_status(std::vector<httpkit::Header> more) {
  more.push_back({"Host", "127.0.0.1:8895"});
  const auto refusal = console::refuse(get("/api/overview", std::move(more)), {});
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("on loopback the console answers under loopback names only") {
  for (const char* host : {"localhost", "localhost:8895", "LOCALHOST:1", "127.0.0.1:8895",
                           "127.0.0.1", "127.9.9.9:80", "[::1]:8895", "[::1]"})
    CHECK(status_for(host) == 200);
  for (const char* host : {"evil.example", "evil.example:8895", "localhost.evil.example",
                           "127.0.0.1.evil.example", "10.0.0.1:8895", "console", "[::2]:1"})
    CHECK(status_for(host) == 421);
}

TEST_CASE("beyond loopback addresses and bare names are known, other names are listed") {
  const GuardOptions open{false, {"Console.Example.org"}};
  CHECK(status_for("10.0.0.1:8895", open) == 200);
  CHECK(status_for("console:8895", open) == 200);
  CHECK(status_for("console.example.org", open) == 200);
  CHECK(status_for("evil.example", open) == 421);
}

TEST_CASE("a host that is none is a bad request") {
  for (const char* host : {"", ":80", "a b", "127.0.0.1:x", "[::1", "[::1]x", "a@b", "h:123456"})
    CHECK(status_for(host) == 400);
  CHECK(console::refuse(get("/", {}), {})->status == 400);
  CHECK(console::refuse(get("/", {{"Host", "localhost"}, {"host", "localhost"}}), {})->status ==
        400);
}

TEST_CASE("the data is for the console's own page") {
  CHECK(data_status({}) == 200);
  CHECK(data_status({{"Sec-Fetch-Site", "same-origin"}}) == 200);
  CHECK(data_status({{"Sec-Fetch-Site", "none"}}) == 200);
  CHECK(data_status({{"Origin", "http://127.0.0.1:8895"}}) == 200);
  CHECK(data_status({{"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(data_status({{"Sec-Fetch-Site", "same-site"}}) == 403);
  CHECK(data_status({{"Origin", "http://127.0.0.1:9999"}}) == 403);
  CHECK(data_status({{"Origin", "http://evil.example"}}) == 403);
  CHECK(data_status({{"Origin", "null"}}) == 403);
}

TEST_CASE("a link from another site may open the page itself") {
  CHECK_FALSE(console::refuse(
      get("/", {{"Host", "localhost:8895"}, {"Sec-Fetch-Site", "cross-site"}}), {}));
}

TEST_CASE("methods that could change something are refused") {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}) {
    httpkit::Request request = get("/api/overview", {{"Host", "localhost"}});
    request.method = method;
    CHECK(console::refuse(request, {})->status == 405);
  }
}
