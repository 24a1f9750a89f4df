// Answers without a known end, as the console's live pages use them.
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "httpkit/server.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

struct Fixture {
  explicit Fixture(Limits limits = {}) {
    auto started =
        serve({.listen = "127.0.0.1:0", .limits = limits},
              [this](const Request&, const std::shared_ptr<Reply>& reply) {
                const std::lock_guard lock(mutex);
                stream = reply->stream({200, {{"content-type", "text/event-stream"}}, {}});
                changed.notify_all();
              });
    REQUIRE(started);
    server = std::move(*started);
  }
  std::shared_ptr<Stream> taken() {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return stream != nullptr; }));
    return std::exchange(stream, nullptr);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<Stream> stream;
  std::unique_ptr<Server> server;
};

const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Sends until the stream says that it is over; false when it never does.
bool ends(Stream& stream, const std::string& octets) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (!stream.send(octets)) return true;
  }
  return false;
}

TEST_CASE("a stream arrives as it is sent, and the connection lives on after its end") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(request);
  const auto stream = f.taken();
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(header_of(head, "transfer-encoding") == "chunked");
  CHECK(stream->send("data: 1\n\n"));
  CHECK(client.read_until("data: 1\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
  CHECK(stream->send("data: 2\n\n"));
  CHECK(client.read_until("data: 2\n\n\r\n") == "9\r\ndata: 2\n\n\r\n");
  stream->close();
  CHECK_FALSE(stream->send("more"));
  CHECK(client.read_until("0\r\n\r\n") == "0\r\n\r\n");
  client.send(request);
  CHECK(f.taken() != nullptr);
}

TEST_CASE("a stream for HTTP 1.0 ends with its connection") {
  Fixture f;
  RawClient client(f.server->address());
  client.send("GET / HTTP/1.0\r\n\r\n");
  const auto stream = f.taken();
  CHECK(stream->send("abc"));
  stream->close();
  CHECK(body_of(client.read_to_end()) == "abc");
}

TEST_CASE("G8: the queue of a reader that does not read is bounded, and its stream ends") {
  Limits limits;
  limits.stream_bytes_max = 64 * 1024;
  Fixture f(limits);
  RawClient client(f.server->address(), 4096);
  client.send(request);
  const auto stream = f.taken();
  CHECK(ends(*stream, std::string(1024, 'x')));
  const std::string all = client.read_to_end();
  CHECK(all.substr(all.size() - 5) != "0\r\n\r\n");  // so the reader knows that it is not whole
}

TEST_CASE("a stream whose reader is gone says so") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(request);
  const auto stream = f.taken();
  client.reset();
  CHECK(ends(*stream, "x"));
}

TEST_CASE("a stop ends the streams at once, and whole") {
  Fixture f;
  RawClient client(f.server->address());
  client.send(request);
  const auto stream = f.taken();
  CHECK(stream->send("abc"));
  f.server->stop(60'000);
  const std::string all = client.read_to_end();
  CHECK(all.find("abc") != std::string::npos);
  CHECK(all.substr(all.size() - 5) == "0\r\n\r\n");
  CHECK_FALSE(stream->send("late"));
  f.server.reset();
  CHECK_FALSE(stream->send("later"));
}

}  // namespace
}  // namespace millrace::httpkit
