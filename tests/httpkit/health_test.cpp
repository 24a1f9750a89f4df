#include "httpkit/health.hpp"

#include "httpkit/client.hpp"
#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

TEST_CASE("the health page tells alive from ready, and says why not") {
  statekit::Health health;
  statekit::Metrics metrics;
  metrics.counter("millrace_test_things_total", "Things.").add(3);
  health.set("feed", false, "empty: never \"connected\"");
  const auto server = serve_health("127.0.0.1:0", "x.health_listen", health, metrics);
  REQUIRE(server);
  const std::string url = "http://" + (*server)->address();
  const auto get = [&](const std::string& path) {
    return fetch("GET", url + path, "", {}, 60'000);
  };

  CHECK(get("/healthz")->status == 200);
  const auto unready = get("/readyz");
  REQUIRE(unready);
  CHECK(unready->status == 503);
  CHECK(unready->body.find(R"("feed":{"ready":false,"reason":"empty: never \"connected\""})") !=
        std::string::npos);
  health.set("feed", true);
  CHECK(get("/readyz")->status == 200);
  CHECK(get("/metrics")->body.find("millrace_test_things_total 3") != std::string::npos);
  CHECK(get("/other")->status == 404);
  CHECK(fetch("POST", url + "/readyz", "x", {}, 60'000)->status == 405);
}

}  // namespace
}  // namespace millrace::httpkit
