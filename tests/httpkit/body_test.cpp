// Bodies before they are there: who may not send one at all, how much all of them may be; and what
// a client does with answers that have no end.
#include <atomic>

#include "httpkit/client.hpp"
#include "httpkit/server.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/talk_server.hpp"

namespace millrace::httpkit {
namespace {

struct Fixture {
  explicit Fixture(Limits limits, BeforeBody before_body = {}) {
    auto started = serve({.listen = "127.0.0.1:0", .limits = limits, .before_body = before_body},
                         [this](const Request& request, const std::shared_ptr<Reply>& reply) {
                           ++handled;
                           reply->send({200, {}, std::to_string(request.body.size())});
                         });
    REQUIRE(started);
    server = std::move(*started);
  }
  std::atomic<int> handled = 0;
  std::unique_ptr<Server> server;
};

std::string head_of(std::size_t length, const std::string& more = {}) {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n" + more +
         "\r\n";
}

Limits limits_of(std::size_t one, std::size_t all) {
  Limits limits;
  limits.body_bytes_max = one;
  limits.bodies_bytes_max = all;
  limits.read_ms_max = 300'000;
  return limits;
}

TEST_CASE("G8: who may not ask is told so before the body is read") {
  Fixture f(limits_of(1 << 20, 1 << 20), [](const Request& head) -> std::optional<Response> {
    if (head.peer == "127.0.0.1" && find_header(head.headers, "authorization")) return std::nullopt;
    return problem(401, "who are you?");
  });
  RawClient stranger(f.server->address());
  stranger.send(head_of(1 << 20));
  CHECK(status_of(stranger.read_answer()) == 401);
  RawClient waiting(f.server->address());
  waiting.send(head_of(1 << 20, "Expect: 100-continue\r\n"));
  CHECK(status_of(waiting.read_answer()) == 401);
  CHECK(f.handled == 0);
  RawClient known(f.server->address());
  known.send(head_of(1 << 20, "Authorization: yes\r\n"));
  for (int i = 0; i < 16; ++i) known.send(std::string(1 << 16, 'x'));
  CHECK(body_of(known.read_answer()) == "1048576");
  // One that is all there at once is the handler's to judge, as one without a body is.
  RawClient small(f.server->address());
  small.send(head_of(4) + "body");
  CHECK(status_of(small.read_answer()) == 200);
  CHECK(f.handled == 2);
}

TEST_CASE("G8: all bodies together have a limit, and one more is told to come again") {
  Fixture f(limits_of(100'000, 150'000));
  RawClient first(f.server->address()), second(f.server->address());
  first.send(head_of(100'000, "Expect: 100-continue\r\n"));
  first.read_until("100 Continue\r\n\r\n");
  first.send(std::string(99'999, 'x'));
  std::string refused;
  CHECK(test::eventually([&] {
    RawClient between(f.server->address());
    between.send(head_of(50'100) + std::string(50'100, 'y'));
    refused = between.read_answer();
    return status_of(refused) == 503;
  }));
  CHECK(header_of(refused, "retry-after") == "1");
  second.send(head_of(40'000) + std::string(40'000, 'z'));
  CHECK(body_of(second.read_answer()) == "40000");
  first.send("x");
  CHECK(body_of(first.read_answer()) == "100000");
  // Room is given back by an answer, and by who goes in the middle of a body.
  {
    RawClient leaving(f.server->address());
    leaving.send(head_of(100'000, "Expect: 100-continue\r\n"));
    leaving.read_until("100 Continue\r\n\r\n");
    leaving.send(std::string(90'000, 'x'));
  }
  CHECK(test::eventually([&] {
    RawClient next(f.server->address());
    next.send(head_of(100'000) + std::string(100'000, 'x'));
    return status_of(next.read_answer()) == 200;
  }));
}

// What a server of that talk gives to whoever asks it.
statekit::Result<Response> asked(const test::TalkServer::Talk& talk, std::int64_t ms = 10'000) {
  test::TalkServer server([&](test::TalkServer::Link& link) {
    link.receive();
    talk(link);
  });
  return fetch("GET", "http://" + server.address() + "/", "", {}, ms);
}

std::string fault_of(const test::TalkServer::Talk& talk) {
  const auto answer = asked(talk);
  REQUIRE_FALSE(answer);
  return answer.error().message;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

// In one piece as it comes: so much of it that a client which keeps all would be noticed.
void send_for_ever(test::TalkServer::Link& link, const std::string& begin) {
  const std::string more(1 << 16, 'a');
  bool open = link.send(begin);
  for (int i = 0; i < 1'000 && open; ++i) open = link.send(more);
  while (open && !link.receive().empty()) {
  }
}

TEST_CASE("G8: an answer without an end is given up, whichever part of it has none") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  CHECK(says(fault_of([&](auto& link) { send_for_ever(link, ok + "x: "); }), "header"));
  CHECK(says(fault_of([&](auto& link) { send_for_ever(link, ok + "\r\n"); }), "body limit"));
  CHECK(says(fault_of([&](auto& link) {
               send_for_ever(link, ok + "transfer-encoding: chunked\r\n\r\n1;");
             }),
             "no end"));
  CHECK(says(fault_of([&](auto& link) {
               send_for_ever(link, ok + "transfer-encoding: chunked\r\n\r\n0\r\nx: ");
             }),
             "no end"));
  CHECK(says(fault_of([](auto& link) {
               while (link.send("HTTP/1.1 102 Processing\r\n\r\n")) {
               }
             }),
             "again and again"));
  CHECK(says(fault_of([](auto& link) { link.send("SSH-2.0-OpenSSH_9.2\r\n"); }), "reading"));
  CHECK(says(fault_of([](auto&) {}), "without an answer"));
}

TEST_CASE("an answer that stops in its middle is waited for until the deadline and no longer") {
  const auto late = asked(
      [](auto& link) {
        link.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbo");
        link.receive();
      },
      300);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == statekit::Code::deadline_exceeded);
}

}  // namespace
}  // namespace millrace::httpkit
