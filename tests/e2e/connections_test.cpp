// How many connections one address may have is a setting of each port, and what was turned away is
// counted on the health page of its service.
#include <memory>
#include <vector>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;
using millrace::httpkit::RawClient;

namespace {

struct Port {
  const char* listen;
  const char* limit;
  const char* health;
  const char* name;  // in metrics
};
constexpr Port ports[] = {
    {"schema.listen", "schema.limits", "schema.health_listen", "schema"},
    {"schema.http_listen", "schema.state", "schema.health_listen", "states"},
    {"routing.listen", "routing.limits", "routing.health_listen", "routing"},
    {"timeline.listen", "timeline.limits", "timeline.health_listen", "timeline"},
    {"ingress.http_listen", "ingress.limits", "ingress.health_listen", "ingress"},
    {"console.http_listen", "console.limits", "console.health_listen", "console"}};
constexpr int connections_max = 3;

Words settings() {
  Words all = {"--settings-version=2"};
  for (const Port& port : ports)
    all.push_back("--" + std::string(port.limit) +
                  ".connections_per_client_max=" + std::to_string(connections_max));
  return all;
}

}  // namespace

TEST_CASE("each port holds one address to its setting, and counts whom it turned away (G8)") {
  Cluster cluster(settings());
  REQUIRE(cluster.ready());
  for (const Port& port : ports) {
    CAPTURE(port.name);
    const std::string at = "127.0.0.1:" + std::to_string(cluster.port(port.listen));
    const std::string page =
        "http://127.0.0.1:" + std::to_string(cluster.port(port.health)) + "/metrics";
    std::vector<std::unique_ptr<RawClient>> taken;
    for (int i = 0; i < connections_max; ++i)
      taken.push_back(std::make_unique<RawClient>(at, 0, "127.0.0.2"));
    const std::string answer = RawClient(at, 0, "127.0.0.2").read_to_end();
    if (std::string(port.listen).ends_with("http_listen"))
      CHECK(millrace::httpkit::status_of(answer) == 429);
    const auto counted = millrace::httpkit::fetch("GET", page, "", {}, 10'000);
    REQUIRE(counted);
    CHECK(counted->body.find("millrace_connections_refused_total{port=\"" + std::string(port.name) +
                             "\",reason=\"client\"} 1") != std::string::npos);
  }
  CHECK(cluster.millrace({"status"}).exit_code == 0);  // from 127.0.0.1
}
