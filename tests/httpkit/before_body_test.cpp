// Whoever may not send a body is told so before it is read.
#include <atomic>

#include "httpkit/server.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

// Takes bodies of those who say who they are.
struct Guarded {
  Guarded() {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.before_body = [this](const Request& head) -> std::optional<Response> {
      ++asked;
      if (!head.body.empty() || head.peer.empty()) return problem(500, "not the head alone");
      if (find_header(head.headers, "authorization")) return std::nullopt;
      return problem(401, "nobody is known who shows nothing");
    };
    auto started = serve(options, [this](const Request& request, const auto& reply) {
      ++handled;
      reply->send({200, {}, std::to_string(request.body.size())});
    });
    REQUIRE(started);
    server = std::move(*started);
  }
  std::atomic<int> asked = 0, handled = 0;
  std::unique_ptr<Server> server;
};

std::string post(std::size_t octets, const std::string& more = {}) {
  return "POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(octets) + "\r\n" +
         more + "\r\n";
}

TEST_CASE("G8: a body that may not come is refused by its head, and nothing of it is waited for") {
  Guarded f;
  RawClient silent(f.server->address());
  silent.send(post(1'000'000));
  CHECK(status_of(silent.read_to_end()) == 401);
  RawClient polite(f.server->address());
  polite.send(post(1'000'000, "Expect: 100-continue\r\n"));
  CHECK(status_of(polite.read_to_end()) == 401);
  RawClient chunked(f.server->address());
  chunked.send("POST /s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe");
  CHECK(status_of(chunked.read_to_end()) == 401);
  CHECK(f.handled == 0);
}

TEST_CASE("a body that may come is asked for once and read whole") {
  Guarded f;
  RawClient client(f.server->address());
  const std::string known = "Authorization: x\r\n";
  client.send(post(300'000, known));
  for (int i = 0; i < 3; ++i) client.send(std::string(100'000, 'x'));
  CHECK(body_of(client.read_answer()) == "300000");
  CHECK(f.asked == 1);
  // Whatever comes without one is the handler's to judge.
  client.send("GET /s HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(body_of(client.read_answer()) == "0");
  CHECK(f.asked == 1);
  CHECK(f.handled == 2);
}

}  // namespace
}  // namespace millrace::httpkit
