// The HTTP server and client over TLS.
#include <condition_variable>
#include <mutex>

#include "httpkit/client.hpp"
#include "httpkit/probe.hpp"
#include "httpkit/server.hpp"
#include "raw_client.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/log.hpp"
#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "tls_peer.hpp"

namespace millrace::httpkit {
namespace {

using test::Authority;
using test::TempDir;
using test::TlsPeer;

// Answers with whom it takes its client for; /stream stays open in `streams`.
struct Site {
  explicit Site(const tls::Doors& doors, Limits limits = {}) {
    auto started = serve({.listen = "127.0.0.1:0", .limits = limits, .doors = doors},
                         [this](const Request& request, const std::shared_ptr<Reply>& reply) {
                           take(request, reply);
                         });
    INFO((started ? std::string() : started.error().message));
    REQUIRE(started);
    server = std::move(*started);
  }
  ~Site() { server->stop(100); }

  void take(const Request& request, const std::shared_ptr<Reply>& reply) {
    if (request.path == "/big") return reply->send({200, {}, std::string(8 << 20, 'b')});
    if (request.path == "/stream") {
      const std::lock_guard lock(mutex);
      stream = reply->stream({200, {}, {}});
      stream->send("begin");
      changed.notify_all();
      return;
    }
    std::string names;
    for (const std::string& each : request.peer_names) names += each + "\n";
    reply->send({200, {}, names + request.body});
  }

  std::string url(const std::string& path = "/") const {
    return "https://" + server->address() + path;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<Stream> stream;
  std::unique_ptr<Server> server;
};

statekit::Result<Response> get(const Site& site, const tls::Doors& doors,
                               const std::string& path = "/") {
  return fetch("GET", site.url(path), "", {}, 60'000, doors.credentials);
}

std::string fault_of(const statekit::Result<Response>& answer) {
  return answer ? "answered with " + std::to_string(answer->status) : answer.error().message;
}

tls::Doors asking(const tls::Files& files, tls::Clients clients) {
  tls::Doors wanted;
  wanted.http_clients = clients;
  return test::doors_of(files, wanted);
}

TEST_CASE("a client that believes the authority gets its answers over TLS") {
  const TempDir folder;
  const Site site(test::doors_of(Authority().write(folder, "ingress")));
  const tls::Doors client = test::doors_of({"", "", folder / "ca.pem"});
  const auto answer = get(site, client);
  INFO(fault_of(answer));
  REQUIRE(answer);
  CHECK(answer->body.empty());
  const auto posted =
      fetch("POST", site.url(), std::string(300'000, 'x'), {}, 60'000, client.credentials);
  REQUIRE(posted);
  CHECK(posted->body == std::string(300'000, 'x'));
  const auto big = get(site, client, "/big");
  REQUIRE(big);
  CHECK(big->body == std::string(8 << 20, 'b'));
}

TEST_CASE("a request says whose certificate was verified") {
  const TempDir folder;
  const Authority authority;
  const tls::Files server = authority.write(folder, "ingress");
  const tls::Doors client = test::doors_of(authority.write(folder, "ada"));
  const Site asked(asking(server, tls::Clients::request));
  CHECK(get(asked, client)->body == "spiffe://millrace/ada\nlocalhost\nada\nada\n");
  CHECK(get(asked, test::doors_of({"", "", folder / "ca.pem"}))->body.empty());
  const Site not_asked(asking(server, tls::Clients::none));
  CHECK(get(not_asked, client)->body.empty());
}

TEST_CASE("where a certificate is required, nobody comes in without one that is believed (G8)") {
  const TempDir folder;
  const TempDir elsewhere;
  const Authority authority;
  const Site site(asking(authority.write(folder, "ingress"), tls::Clients::require));
  const auto without = get(site, test::doors_of({"", "", folder / "ca.pem"}));
  CHECK(fault_of(without).find("wants a certificate, and none was shown") != std::string::npos);
  tls::Files stranger = Authority("another").write(elsewhere, "ada");
  stranger.ca = folder / "ca.pem";
  const auto with = get(site, test::doors_of(stranger));
  CHECK(fault_of(with).find("does not believe our certificate") != std::string::npos);
  CHECK(get(site, test::doors_of(authority.write(folder, "ada"))));
}

TEST_CASE("a certificate that has expired is not believed, from whichever side it comes") {
  const TempDir folder;
  const Authority authority;
  tls::Doors doors = asking(authority.write(folder, "ingress"), tls::Clients::require);
  const Site site(doors);
  tls::Order order = authority.order("ada");
  order.valid_until_s = std::time(nullptr) - 60;
  TlsPeer late(site.server->address(), authority.material(order), "");
  late.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(late.read_until("").empty());
  order.valid_until_s = std::time(nullptr) + 3'600;
  order.valid_from_s = std::time(nullptr) + 1'800;
  TlsPeer early(site.server->address(), authority.material(order), "");
  early.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(early.read_until("").empty());
}

TEST_CASE("a server of another authority or for another host is not believed") {
  const TempDir folder;
  const TempDir elsewhere;
  const Authority authority;
  const tls::Doors client = test::doors_of(authority.write(folder, "ada"));
  const Site stranger(test::doors_of(Authority("another").write(elsewhere, "ingress")));
  CHECK(fault_of(get(stranger, client)).find("not believed") != std::string::npos);
  tls::Order order = authority.order("ingress");
  order.ips = {"10.1.2.3"};
  const Site other(test::doors_of(authority.write(folder, "ingress", order)));
  CHECK(fault_of(get(other, client)).find("for other hosts") != std::string::npos);
}

TEST_CASE("a request in clear to a port of TLS is told to use https, and nothing else") {
  const TempDir folder;
  const Site site(test::doors_of(Authority().write(folder, "ingress")));
  const auto answer = fetch("GET", "http://" + site.server->address() + "/", "", {}, 60'000);
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(answer->body.find("https://") != std::string::npos);
}

TEST_CASE("TLS to an HTTP port in clear is told so") {
  const TempDir folder;
  const Site site({});
  const auto answer = get(site, test::doors_of(Authority().write(folder, "ada")));
  CHECK(fault_of(answer).find("does not speak TLS") != std::string::npos);
}

TEST_CASE(
    "an HTTP stream outlives a change of certificates, and who comes later sees the new one") {
  const TempDir folder;
  const Authority authority;
  const tls::Doors doors = test::doors_of(authority.write(folder, "ingress"));
  Site site(doors);
  TlsPeer reader(site.server->address(), {}, "");
  const std::string before = reader.shown();
  reader.send("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(reader.read_until("begin").find("200 OK") != std::string::npos);

  authority.write(folder, "ingress");
  REQUIRE(*doors.credentials->reload());
  const std::string after = TlsPeer(site.server->address(), {}, "").shown();
  CHECK_FALSE(after.empty());
  CHECK(before != after);

  site.stream->send("still there");
  CHECK(reader.read_until("still there").find("still there") != std::string::npos);
  site.stream->close();
}

TEST_CASE("who connects and says nothing, or half a hello, is let go and others are served") {
  const TempDir folder;
  const Site site(test::doors_of(Authority().write(folder, "ingress")));
  const RawClient silent(site.server->address());
  RawClient half(site.server->address());
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  RawClient noise(site.server->address());
  noise.send("\x16" + std::string(3'000, 'n'));
  noise.read_to_end();
  CHECK(noise.closed());
  CHECK(get(site, test::doors_of({"", "", folder / "ca.pem"})));
}

TEST_CASE("who fails to open TLS again and again waits, and is let in after that") {
  const TempDir folder;
  const tls::Doors doors = test::doors_of(Authority().write(folder, "ingress"));
  const tls::Doors client = test::doors_of({"", "", folder / "ca.pem"});
  const auto fail_often = [](const Site& site) {
    for (int i = 0; i < 8; ++i) {
      RawClient noise(site.server->address());
      noise.send("\x16" + std::string(3'000, 'n'));
      noise.read_to_end();
    }
  };
  Limits limits;
  limits.failed_wait_ms_max = 1;
  const Site patient(doors, limits);
  fail_often(patient);
  CHECK(get(patient, client));

  // The next try waits 300 ms, which is longer than this client does.
  limits.failed_wait_ms_max = 60'000;
  const Site strict(doors, limits);
  fail_often(strict);
  const auto hasty = fetch("GET", strict.url(), "", {}, 50, client.credentials);
  REQUIRE_FALSE(hasty);
  CHECK(hasty.error().code == statekit::Code::deadline_exceeded);
  CHECK(get(strict, client));
}

TEST_CASE("why a gRPC port cannot be talked to is found out") {
  statekit::set_up_logging({statekit::LogLevel::off, statekit::LogFormat::text});
  const TempDir folder;
  const TempDir elsewhere;
  const Authority authority;
  const auto start = [](const tls::Doors& doors) {
    statekit::GrpcServerOptions options;
    options.doors = doors;
    options.stop_ms_max = 100;
    auto server = statekit::GrpcServer::start(options, {});
    REQUIRE(server);
    return std::move(*server);
  };
  const auto closed = start(test::doors_of(authority.write(folder, "schema")));
  const auto open = start({});
  const tls::Doors ca_alone = test::doors_of({"", "", folder / "ca.pem"});
  const tls::Doors mine = test::doors_of(authority.write(folder, "ada"));
  const tls::Doors stranger = test::doors_of(Authority("another").write(elsewhere, "ada"));
  const auto fault = [](const statekit::GrpcServer& server, const tls::Doors& doors) {
    return tls_fault(server.address(), doors.credentials, 60'000);
  };
  CHECK(fault(*closed, {}).find("speaks TLS") != std::string::npos);
  CHECK(fault(*closed, ca_alone).find("wants a certificate") != std::string::npos);
  CHECK(fault(*closed, stranger).find("not believed") != std::string::npos);
  CHECK(fault(*closed, mine).empty());
  CHECK(fault(*open, {}).empty());
  CHECK(fault(*open, mine).find("does not speak TLS") != std::string::npos);
  CHECK(tls_fault("127.0.0.1:1", mine.credentials, 60'000).empty());
}

}  // namespace
}  // namespace millrace::httpkit
