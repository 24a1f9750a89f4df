#include "httpkit/health.hpp"

#include <utility>

#include "json_text.hpp"

namespace millrace::httpkit {
namespace {

Response ready_page(const statekit::Health& health) {
  const bool ready = health.ready();
  std::string body = std::string("{\"ready\":") + (ready ? "true" : "false") + ",\"parts\":{";
  bool first = true;
  for (const auto& [part, readiness] : health.parts()) {
    if (!std::exchange(first, false)) body += ',';
    body += json_text(part) + ":{\"ready\":" + (readiness.ready ? "true" : "false");
    if (!readiness.reason.empty()) body += ",\"reason\":" + json_text(readiness.reason);
    body += '}';
  }
  body += "},\"reasons\":[";
  first = true;
  for (const std::string& reason : health.reasons()) {
    if (!std::exchange(first, false)) body += ',';
    body += json_text(reason);
  }
  body += "]}\n";
  return {ready ? 200 : 503, {{"content-type", "application/json"}}, std::move(body)};
}

constexpr Limits health_limits{.header_bytes_max = 8 * 1024,
                               .body_bytes_max = 1024,
                               .idle_ms_max = 30'000,
                               .read_ms_max = 5'000,
                               .handle_ms_max = 5'000,
                               .write_ms_max = 5'000,
                               .connections_max = 64,
                               .pipelined_max = 4,
                               .stream_bytes_max = 1024};

}  // namespace

Response answer_health(const Request& request, const statekit::Health& health,
                       const statekit::Metrics& metrics) {
  if (request.path != "/healthz" && request.path != "/readyz" && request.path != "/metrics") {
    return problem(404, "the pages here are /healthz, /readyz and /metrics");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    Response refused = problem(405, "this page can be read with GET and HEAD only");
    refused.headers.push_back({"allow", "GET, HEAD"});
    return refused;
  }
  if (request.path == "/readyz") return ready_page(health);
  if (request.path == "/healthz") return {200, {{"content-type", "text/plain"}}, "ok\n"};
  return {200, {{"content-type", "text/plain; version=0.0.4"}}, metrics.text()};
}

statekit::Result<std::unique_ptr<Server>> serve_health(const std::string& listen,
                                                       const std::string& setting,
                                                       const statekit::Health& health,
                                                       const statekit::Metrics& metrics,
                                                       tls::Doors doors) {
  doors.http_clients = tls::Clients::none;
  ServerOptions options{.listen = listen,
                        .setting = setting,
                        .limits = health_limits,
                        .threads = 1,
                        .error_page = {},
                        .doors = std::move(doors),
                        .guests = tls::Guests::everybody};
  return serve(std::move(options),
               [&health, &metrics](const Request& request, const std::shared_ptr<Reply>& reply) {
                 reply->send(answer_health(request, health, metrics));
               });
}

void add_health_page(statekit::Program& program, const std::string& listen,
                     const std::string& setting, const statekit::Health& health,
                     const statekit::Metrics& metrics, const tls::Doors& doors) {
  auto page = std::make_shared<std::unique_ptr<Server>>();
  program.add(
      setting.substr(0, setting.find('.')) + " health page",
      [=, &health, &metrics]() -> statekit::Status {
        auto served = serve_health(listen, setting, health, metrics, doors);
        if (!served) return statekit::fail(served.error());
        *page = std::move(*served);
        return {};
      },
      [page] { (*page)->stop(1'000); });
}

}  // namespace millrace::httpkit
