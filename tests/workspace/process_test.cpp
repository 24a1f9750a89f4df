// The schema service as a process: killed between a lock and the write, raced for a lock, asked
// again after a lost answer, and spoken to by clients that are not ours.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include <nlohmann/json.hpp>

#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using Json = nlohmann::json;

namespace {

constexpr int kills = 6;

class Service {
 public:
  Service() { start(); }
  void start() {
    process_.reset();
    process_ = std::make_unique<test::Process>(
        std::vector<std::string>{MILLRACE_SCHEMA, "--data=" + (folder_ / "data"),
                                 "--schema.listen=127.0.0.1:0", "--schema.http_listen=127.0.0.1:0",
                                 "--schema.health_listen=127.0.0.1:0"},
        folder_ / "log");
    address_ = process_->logged("state.started listen=");
    REQUIRE_FALSE(address_.empty());
  }
  void kill() { process_->kill(); }
  std::string url(const std::string& target) const { return "http://" + address_ + target; }
  int port() const { return std::stoi(address_.substr(address_.rfind(':') + 1)); }
  const test::TempDir& folder() const { return folder_; }

  // Status 0: no answer.
  httpkit::Response ask(const std::string& method, const std::string& target,
                        const std::string& body = {}) const {
    auto response = httpkit::fetch(method, url(target), body, {}, 60'000);
    return response ? *response : httpkit::Response{0, {}, response.error().message};
  }

 private:
  test::TempDir folder_;
  std::unique_ptr<test::Process> process_;
  std::string address_;
};

std::string info(const std::string& id) { return R"({"ID":")" + id + R"(","Who":"w)" + id + "\"}"; }

}  // namespace

TEST_CASE(
    "G1: a server that is killed between LOCK and POST comes back with the lock and the state") {
  Service service;
  std::string state;
  for (int round = 0; round < 3; ++round) {
    const std::string id = "id" + std::to_string(round);
    REQUIRE(service.ask("LOCK", "/v1/state", info(id)).status == 200);
    service.kill();
    service.start();
    const auto refused = service.ask("LOCK", "/v1/state", info("other"));
    CHECK(refused.status == 423);
    CHECK(Json::parse(refused.body)["ID"] == id);
    CHECK(service.ask("POST", "/v1/state", "x").status == 423);
    const auto before = service.ask("GET", "/v1/state");
    CHECK((state.empty() ? before.status == 404 : before.body == state));
    state = "state " + id;
    REQUIRE(service.ask("POST", "/v1/state?ID=" + id, state).status == 200);
    service.kill();
    service.start();
    CHECK(service.ask("GET", "/v1/state").body == state);
    REQUIRE(service.ask("UNLOCK", "/v1/state", info(id)).status == 200);
  }
}

TEST_CASE("G1: under kill -9 each write that was acknowledged is there, and each state is whole") {
  Service service;
  std::mt19937 random(7);
  const std::string target = "/v1/workspaces/big/state";
  int acknowledged = -1;
  for (int round = 0, number = 0; round < kills; ++round) {
    std::atomic<int> writes = 0;
    const int enough = static_cast<int>(random() % 4);
    std::thread killer([&] {
      test::eventually([&] { return writes > enough; });
      service.kill();
    });
    // Two million octets are three commits: the kill falls between them too.
    for (bool alive = true; alive; ++number) {
      const std::string body(2'000'000, static_cast<char>('a' + number % 26));
      ++writes;
      alive = service.ask("POST", target, body).status == 200;
      if (alive) acknowledged = number;
    }
    killer.join();
    service.start();
    const auto state = service.ask("GET", target);
    REQUIRE(state.status == 200);
    REQUIRE(state.body.size() == 2'000'000);
    CHECK(state.body == std::string(2'000'000, state.body[0]));
    const bool last = state.body[0] == 'a' + acknowledged % 26;
    const bool unanswered = state.body[0] == 'a' + (number - 1) % 26;
    CHECK((last || unanswered));
  }
}

TEST_CASE("G4: of many clients that race for a lock one gets it, and the others are told who") {
  const Service service;
  for (int round = 0; round < 5; ++round) {
    const std::string target = "/v1/workspaces/w" + std::to_string(round) + "/state";
    std::vector<httpkit::Response> answers(8);
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < answers.size(); ++i)
      clients.emplace_back(
          [&, i] { answers[i] = service.ask("LOCK", target, info(std::to_string(i))); });
    for (std::thread& client : clients) client.join();
    std::string winner;
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (answers[i].status == 200) {
        CHECK(winner.empty());
        winner = std::to_string(i);
      }
    REQUIRE_FALSE(winner.empty());
    for (const auto& answer : answers) CHECK(Json::parse(answer.body)["ID"] == winner);
  }
}

TEST_CASE("G4: a client that lost the answer asks again and changes nothing twice") {
  const Service service;
  REQUIRE(service.ask("LOCK", "/v1/state", info("a")).status == 200);
  // Sent, and the line cut before any answer could come.
  const int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(service.port()));
  REQUIRE(connect(line, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string request =
      "POST /v1/state?ID=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none";
  REQUIRE(write(line, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  close(line);
  REQUIRE(test::eventually([&] { return service.ask("GET", "/v1/state").body == "one"; }));
  for (int again = 0; again < 2; ++again) {
    const auto answer = service.ask("POST", "/v1/state?ID=a", "one");
    CHECK(answer.status == 200);
    CHECK(Json::parse(answer.body)["version"] == 1);
    CHECK(service.ask("LOCK", "/v1/state", info("a")).status == 200);
  }
  for (int again = 0; again < 2; ++again) {
    CHECK(service.ask("UNLOCK", "/v1/state", info("a")).status == 200);
    CHECK(service.ask("DELETE", "/v1/state").status == 200);
  }
  CHECK(
      Json::parse(service.ask("GET", "/v1/workspaces/default/versions").body)["versions"].size() ==
      2);
}

TEST_CASE("curl and the fetch of Node keep a state here, as they would in any http backend") {
  const Service service;
  for (const std::vector<std::string>& client :
       {std::vector<std::string>{"/bin/sh", CLIENTS "/curl_client.sh"},
        std::vector<std::string>{NODE, CLIENTS "/fetch_client.mjs"}}) {
    std::vector<std::string> words = client;
    words.push_back(service.url("/v1"));
    INFO(words[1]);
    test::Process process(words, service.folder() / "client");
    const auto exit = process.wait();
    INFO(process.log());
    CHECK(exit == 0);
    CHECK(process.log().find("all as expected") != std::string::npos);
  }
}
