// The server as its clients meet it: real sockets on the loopback, with good and bad manners.
#include "httpkit/server.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "httpkit/client.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

// Echoes the method, the target and the body; what is under /later waits in `held`.
struct Fixture {
  explicit Fixture(Limits limits = {}, std::size_t threads = 1) {
    auto started = serve(
        {.listen = "127.0.0.1:0", .setting = "x.listen", .limits = limits, .threads = threads},
        [this](const Request& request, const std::shared_ptr<Reply>& reply) {
          take(request, reply);
        });
    REQUIRE(started);
    server = std::move(*started);
  }

  void take(const Request& request, const std::shared_ptr<Reply>& reply) {
    if (request.path == "/throw") throw std::runtime_error("broken");
    if (request.path == "/drop") return;
    if (request.path == "/big") return reply->send({200, {}, std::string(8 << 20, 'b')});
    if (request.path == "/later") {
      reply->on_gone([this] {
        const std::lock_guard lock(mutex);
        ++gone;
        changed.notify_all();
      });
      const std::lock_guard lock(mutex);
      held.push_back(reply);
      changed.notify_all();
      return;
    }
    if (request.path == "/inject") {
      return reply->send({200, {{"x-a", "b\r\nx-evil: 1"}, {"content-length", "7"}}, "ok"});
    }
    reply->send({request.path == "/empty" ? 204 : 200,
                 {{"content-type", "text/plain"}},
                 request.method + " " + request.target + " " + request.body});
  }

  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), condition);
  }
  std::shared_ptr<Reply> next_held() {
    REQUIRE(wait([&] { return !held.empty(); }));
    const std::lock_guard lock(mutex);
    auto reply = held.front();
    held.erase(held.begin());
    return reply;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Reply>> held;
  int gone = 0;
  std::unique_ptr<Server> server;
};

std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

TEST_CASE("a connection is kept for further requests") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/a?b=c"));
  const std::string first = client.read_answer();
  CHECK(status_of(first) == 200);
  CHECK(body_of(first) == "GET /a?b=c ");
  CHECK_FALSE(header_of(first, "date").empty());
  client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(body_of(client.read_answer()) == "POST /b hi");
  client.send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  CHECK(body_of(client.read_answer()) == "POST /c hi");
  client.send(get("/d", "Connection: close\r\n"));
  const std::string last = client.read_to_end();
  CHECK(body_of(last) == "GET /d ");
  CHECK(header_of(last, "connection") == "close");
}

TEST_CASE("HTTP 1.0 closes unless it asks to be kept") {
  Fixture f;
  RawClient closing(f.server->address());
  closing.send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(status_of(closing.read_to_end()) == 200);
  RawClient kept(f.server->address());
  kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(header_of(kept.read_answer(), "connection") == "keep-alive");
  kept.send("GET /b HTTP/1.0\r\n\r\n");
  CHECK(body_of(kept.read_to_end()) == "GET /b ");
}

TEST_CASE("pipelined requests are handled together and answered in order") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/later") + get("/now") + get("/later"));
  const auto first = f.next_held();
  const auto third = f.next_held();  // in hand although the first has no answer yet
  third->send({200, {}, "third"});
  first->send({200, {}, "first"});
  CHECK(body_of(client.read_answer()) == "first");
  CHECK(body_of(client.read_answer()) == "GET /now ");
  CHECK(body_of(client.read_answer()) == "third");
}

TEST_CASE("G8: no more than pipelined_max requests of a connection are in hand") {
  Limits limits;
  limits.pipelined_max = 2;
  Fixture f(limits);
  RawClient client(f.server->address());
  client.send(get("/later") + get("/later") + get("/later"));
  const auto first = f.next_held();
  const auto second = f.next_held();
  {
    const std::lock_guard lock(f.mutex);
    CHECK(f.held.empty());
  }
  first->send({200, {}, "1"});
  CHECK(body_of(client.read_answer()) == "1");
  const auto third = f.next_held();
  second->send({200, {}, "2"});
  third->send({200, {}, "3"});
  CHECK(body_of(client.read_answer()) == "2");
  CHECK(body_of(client.read_answer()) == "3");
}

TEST_CASE("many pipelined requests all get their answer") {
  Fixture f({}, 2);
  RawClient client(f.server->address());
  std::string all;
  for (int i = 0; i < 500; ++i) all += get("/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 500; ++i) {
    REQUIRE(body_of(client.read_answer()) == "GET /" + std::to_string(i) + " ");
  }
}

TEST_CASE("a client that waits for 100-continue is told to go on, in its turn") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/later"));
  client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  f.next_held()->send({200, {}, "first"});
  CHECK(body_of(client.read_answer()) == "first");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  CHECK(body_of(client.read_answer()) == "POST /b hi");
}

TEST_CASE("HEAD has the length of the body and no body, and 204 has neither") {
  Fixture f;
  RawClient client(f.server->address());
  client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get("/empty") + get("/b"));
  const std::string head = client.read_answer(true);
  CHECK(header_of(head, "content-length") == "8");
  const std::string none = client.read_answer();
  CHECK(status_of(none) == 204);
  CHECK(header_of(none, "content-length").empty());
  CHECK(body_of(client.read_answer()) == "GET /b ");
}

TEST_CASE("G11: hostile octets get 400 and the connection is closed") {
  Fixture f;
  for (const std::string& bad :
       {std::string("\x16\x03\x01\x00\xff"), std::string("GET\r\n\r\n"),
        get("/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), std::string(300, '\0')}) {
    RawClient client(f.server->address());
    client.send(bad);
    const std::string answer = client.read_to_end();
    CHECK(status_of(answer) == 400);
    CHECK(header_of(answer, "content-type") == "application/problem+json");
    CHECK(header_of(answer, "connection") == "close");
  }
  RawClient client(f.server->address());
  client.send(get("/still"));
  CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("a refused request behind good ones leaves their answers whole") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/a") + get("/b") + "nonsense\r\n\r\n");
  CHECK(body_of(client.read_answer()) == "GET /a ");
  CHECK(body_of(client.read_answer()) == "GET /b ");
  CHECK(status_of(client.read_to_end()) == 400);
}

TEST_CASE("G8: a header or a body over its limit is 431 or 413") {
  Limits limits;
  limits.header_bytes_max = 512;
  limits.body_bytes_max = 1000;
  Fixture f(limits);
  RawClient wide(f.server->address());
  wide.send(get("/", "X: " + std::string(600, 'x') + "\r\n"));
  CHECK(status_of(wide.read_to_end()) == 431);
  RawClient announced(f.server->address());
  announced.send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  CHECK(status_of(announced.read_to_end()) == 413);
  RawClient sent(f.server->address());
  sent.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" +
            std::string(200000, 'x'));
  CHECK(status_of(sent.read_to_end()) == 413);  // and no reset before it is read
}

TEST_CASE("G8: half a request and silence is 408") {
  Limits limits;
  limits.read_ms_max = 50;
  Fixture f(limits);
  RawClient head(f.server->address());
  head.send("GET / HTTP/1.1\r\nHos");
  CHECK(status_of(head.read_to_end()) == 408);
  RawClient body(f.server->address());
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  CHECK(status_of(body.read_to_end()) == 408);
}

TEST_CASE("an idle connection is closed without a word, one that waits for its answer is not") {
  Limits limits;
  limits.idle_ms_max = 1'000;  // long enough to send something first, on a busy machine too
  Fixture f(limits);
  RawClient waiting(f.server->address());
  waiting.send(get("/later"));
  const auto reply = f.next_held();
  RawClient idle(f.server->address());
  CHECK(idle.read_to_end().empty());
  reply->send({200, {}, "late"});
  CHECK(body_of(waiting.read_answer()) == "late");
  CHECK(waiting.read_to_end().empty());
}

TEST_CASE("G8: a handler that does not answer in time is 504, and its late answer is dropped") {
  Limits limits;
  limits.handle_ms_max = 50;
  Fixture f(limits);
  RawClient client(f.server->address());
  client.send(get("/later"));
  const auto reply = f.next_held();
  CHECK(status_of(client.read_answer()) == 504);
  CHECK(f.wait([&] { return f.gone == 1; }));
  reply->send({200, {}, "too late"});
  client.send(get("/next"));
  CHECK(body_of(client.read_answer()) == "GET /next ");
}

TEST_CASE("a handler that throws or forgets is 500") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/throw") + get("/drop") + get("/fine"));
  CHECK(status_of(client.read_answer()) == 500);
  CHECK(status_of(client.read_answer()) == 500);
  CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("G8: a reader that stalls is closed and the others are served") {
  Limits limits;
  limits.write_ms_max = 50;
  Fixture f(limits);
  RawClient slow(f.server->address(), 4096);
  slow.send(get("/big") + get("/later"));
  const auto waiting = f.next_held();
  CHECK(f.wait([&] { return f.gone == 1; }));  // the connection went
  RawClient other(f.server->address());
  other.send(get("/a"));
  CHECK(status_of(other.read_answer()) == 200);
}

TEST_CASE("a slow reader that reads on gets everything") {
  Fixture f;
  RawClient slow(f.server->address(), 4096);
  slow.send(get("/big"));
  CHECK(body_of(slow.read_answer()).size() == 8 << 20);
}

TEST_CASE("G8: a connection over the limit is 503 and told when to come back") {
  Limits limits;
  limits.connections_max = 1;
  Fixture f(limits);
  RawClient first(f.server->address());
  first.send(get("/a"));
  CHECK(status_of(first.read_answer()) == 200);
  RawClient second(f.server->address());
  const std::string answer = second.read_to_end();
  CHECK(status_of(answer) == 503);
  CHECK(header_of(answer, "retry-after") == "1");
  first.send(get("/b"));
  CHECK(status_of(first.read_answer()) == 200);
}

TEST_CASE("a handler learns that its client is gone") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/later"));
  const auto reply = f.next_held();
  client.reset();
  CHECK(f.wait([&] { return f.gone == 1; }));
  reply->send({200, {}, "to nobody"});
  CHECK(reply->stream({200, {}, {}}) == nullptr);
}

TEST_CASE("headers of a handler cannot break out of the answer") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(get("/inject"));
  const std::string answer = client.read_answer();
  CHECK(answer.find("evil") == std::string::npos);
  CHECK(body_of(answer) == "ok");
}

TEST_CASE("a port in use says which and what to change") {
  Fixture f;
  const auto second = serve({.listen = f.server->address(), .setting = "ingress.http_listen"},
                            [](const Request&, const std::shared_ptr<Reply>&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == statekit::Code::unavailable);
  CHECK(second.error().message.find(f.server->address()) != std::string::npos);
  CHECK(second.error().message.find("ingress.http_listen") != std::string::npos);
  CHECK_FALSE(serve({.listen = "8891"}, [](const Request&, const std::shared_ptr<Reply>&) {}));
}

TEST_CASE("stop lets the requests in hand end and takes no more") {
  Fixture f;
  RawClient busy(f.server->address());
  RawClient idle(f.server->address());
  idle.send(get("/a"));
  CHECK(status_of(idle.read_answer()) == 200);
  busy.send(get("/later"));
  const auto reply = f.next_held();
  std::thread stopping([&] { f.server->stop(60'000); });
  CHECK(idle.read_to_end().empty());  // the stop has begun
  reply->send({200, {}, "done"});
  const std::string answer = busy.read_to_end();
  CHECK(body_of(answer) == "done");
  CHECK(header_of(answer, "connection") == "close");
  stopping.join();
  CHECK_THROWS(RawClient(f.server->address()));
}

TEST_CASE("stop does not wait longer than it was told to") {
  Fixture f;
  RawClient busy(f.server->address());
  busy.send(get("/later"));
  const auto reply = f.next_held();
  f.server->stop(20);
  CHECK(busy.read_to_end().empty());
  CHECK(f.gone == 1);
  f.server.reset();
  reply->send({200, {}, "after the server"});  // harmless
}

TEST_CASE("fetch gets what the server says and gives up in time") {
  Fixture f;
  const std::string url = "http://" + f.server->address();
  const auto posted = fetch("POST", url + "/p?q=1", "body", {{"x-a", "b"}}, 60'000);
  REQUIRE(posted);
  CHECK(posted->status == 200);
  CHECK(posted->body == "POST /p?q=1 body");
  CHECK(find_header(posted->headers, "Content-Type") == "text/plain");
  const auto head = fetch("HEAD", url + "/p", "", {}, 60'000);
  REQUIRE(head);
  CHECK(head->body.empty());
  const auto late = fetch("GET", url + "/later", "", {}, 30);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == statekit::Code::deadline_exceeded);
  f.server->stop(0);
  const auto refused = fetch("GET", url, "", {}, 60'000);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == statekit::Code::unavailable);
  CHECK(fetch("GET", "ftp://x", "", {}, 10).error().code == statekit::Code::invalid_argument);
}

}  // namespace
}  // namespace millrace::httpkit
