// The binary as it is started, on SQLite: kill -9, restarts, bad files.
#include <signal.h>

#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/client.hpp"

namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;

namespace {

class SchemaProcess {
 public:
  explicit SchemaProcess(const test::TempDir& folder, std::vector<std::string> more = {})
      : process_(arguments(folder, std::move(more)), folder / "log") {}

  // Connects once it listens; false when it exits instead.
  bool ready() {
    const std::string address = process_.logged("schema.started listen=");
    if (address.empty()) return false;
    client_ = std::make_unique<test::Client>(statekit::connect(address));
    return true;
  }
  test::Client& client() { return *client_; }
  test::Process& process() { return process_; }
  std::string address() { return process_.logged("schema.started listen="); }

 private:
  static std::vector<std::string> arguments(const test::TempDir& folder,
                                            std::vector<std::string> more) {
    std::vector<std::string> all = {
        MILLRACE_SCHEMA, "--data=" + folder.path().string(), "--schema.listen=127.0.0.1:0",
        "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0"};
    for (std::string& one : more) all.push_back(std::move(one));
    return all;
  }
  test::Process process_;
  std::unique_ptr<test::Client> client_;
};

std::string module_named(const std::string& name) {
  return "module " + name + " { data Thing { name String } }";
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Deploys one module after the other until the service is gone.
struct Writer {
  std::set<std::string> acknowledged;            // deployments
  std::uint64_t revision = 0;                    // the newest that was acknowledged
  std::vector<v2::CreateChangesetRequest> lost;  // asked for, not answered

  void run(test::Client& client, const std::string& prefix, std::atomic<std::size_t>& answered) {
    for (int i = 0; i < 1'000; ++i) {
      const std::string name = prefix + "_" + std::to_string(i);
      v2::CreateChangesetRequest request = test::deploy_request(module_named(name));
      request.mutable_write()->set_token(name);
      // Not one that waits for a connection: there is none any more.
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      v2::CreateChangesetResponse response;
      if (!client.stub().CreateChangeset(&context, request, &response).ok()) {
        lost.push_back(request);
        return;
      }
      note(response);
      ++answered;
    }
  }
  void note(const v2::CreateChangesetResponse& response) {
    for (const auto& deployment : response.deployments())
      acknowledged.insert(deployment.deployment());
    revision = std::max(revision, response.position().revision());
  }
};

std::set<std::string> deployments(test::Client& client) {
  std::set<std::string> keys;
  const auto answer = client.call(&Stub::GetDeployments, v2::GetDeploymentsRequest());
  for (const auto& deployment : answer->deployments()) keys.insert(deployment.key());
  return keys;
}

std::size_t deployments_of(test::Client& client, const std::string& module) {
  v2::GetDeploymentsRequest request;
  request.set_module(module);
  return static_cast<std::size_t>(client.call(&Stub::GetDeployments, request)->deployments_size());
}

}  // namespace

std::size_t resident_bytes(pid_t process) {
  std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

TEST_CASE("G8: calls that are begun and never ended hold no more than a port may hold (G11)") {
  const test::TempDir folder;
  SchemaProcess schema(folder);
  REQUIRE(schema.ready());
  const std::string address = schema.address();
  test::Process stranger({NODE, STUCK_CALLS, address.substr(address.rfind(':') + 1), "250"},
                         folder / "stranger");
  const std::string refused = stranger.logged("stuck refused=");
  REQUIRE_FALSE(refused.empty());
  CHECK(std::stoi(refused) > 50);
  CHECK(schema.client().call(&Stub::Ping, v2::PingRequest()).ok());
  CHECK(resident_bytes(schema.process().pid()) < (std::size_t{700} << 20));  // they sent 1 GB
}

TEST_CASE("G1: kill -9 under a loop of deploys loses nothing acknowledged in 50 rounds") {
  test::TempDir folder;
  std::mt19937_64 random(20'261'120);
  Writer writer;
  std::size_t answered_again = 0;
  for (int round = 0; round < 50; ++round) {
    INFO("round " << round);
    SchemaProcess schema(folder, {"--schema.snapshot_interval=40"});
    REQUIRE(schema.ready());
    const std::set<std::string> kept = deployments(schema.client());
    for (const std::string& key : writer.acknowledged) REQUIRE(kept.contains(key));
    CHECK(schema.client().status()->head().revision() >= writer.revision);
    // What was not answered is asked again with its token: it is there once, whatever happened.
    for (const v2::CreateChangesetRequest& request : writer.lost) {
      const auto answer = schema.client().create(request);
      REQUIRE(answer.ok());
      writer.note(answer.response);
      CHECK(deployments_of(schema.client(), request.modules(0).schema().name()) == 1);
      ++answered_again;
    }
    writer.lost.clear();

    const std::size_t enough = random() % 12;
    std::atomic<std::size_t> answered = 0;
    std::atomic<bool> over = false;  // a call may fail without a kill on a busy machine
    std::thread killer([&] {
      // In the midst of whatever comes after that many answers.
      test::eventually([&] { return answered >= enough || over; });
      schema.process().signal(SIGKILL);
    });
    writer.run(schema.client(), "m" + std::to_string(round), answered);
    over = true;
    killer.join();
    schema.process().kill();
  }
  CHECK(writer.acknowledged.size() > 50);
  CHECK(answered_again > 0);
}

TEST_CASE("a restart goes on from the snapshot and the commits after it") {
  test::TempDir folder;
  std::string changeset;
  v2::Position head;
  {
    SchemaProcess schema(folder, {"--schema.snapshot_interval=30"});
    REQUIRE(schema.ready());
    for (int i = 0; i < 8; ++i) {
      const auto created = schema.client().deploy(module_named("m" + std::to_string(i)));
      REQUIRE(created.ok());
      changeset = created->changeset();
      REQUIRE(schema.client().reaches(changeset, v2::CHANGESET_PHASE_FINALIZED));
    }
    CHECK(test::eventually([&] { return schema.client().status()->snapshot_revision() > 0; }));
    const auto status = schema.client().status();
    head = status->head();
    CHECK(status->snapshot_revision() < head.revision());
    schema.process().kill();
  }
  SchemaProcess schema(folder);
  REQUIRE(schema.ready());
  const auto status = schema.client().status();
  CHECK(status->head().incarnation() == head.incarnation());
  CHECK(status->head().revision() == head.revision());
  CHECK(status->head().digest() == head.digest());
  CHECK(schema.client().modules().size() == 8);
  CHECK(schema.client().modules(3) == std::vector<std::string>{"m0"});
}

TEST_CASE("SIGTERM ends it with exit code 0 and a snapshot of the newest revision") {
  test::TempDir folder;
  std::uint64_t revision = 0;
  {
    SchemaProcess schema(folder);
    REQUIRE(schema.ready());
    const auto created = schema.client().deploy(module_named("one"));
    REQUIRE(schema.client().reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
    revision = schema.client().status()->head().revision();
    schema.process().signal(SIGTERM);
    CHECK(schema.process().wait() == 0);
  }
  SchemaProcess schema(folder);
  REQUIRE(schema.ready());
  CHECK(schema.client().status()->snapshot_revision() == revision);
}

TEST_CASE("leased endpoints are still there after a crash and a quick restart") {
  test::TempDir folder;
  std::string deployment;
  {
    SchemaProcess schema(folder);
    REQUIRE(schema.ready());
    const auto created = schema.client().deploy("module echo { export verb say(String) String }");
    deployment = created->deployments(0).deployment();
    test::Endpoint endpoint(schema.client(), deployment, "127.0.0.1:9001");
    REQUIRE(schema.client().reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
    schema.process().kill();
  }
  SchemaProcess schema(folder);
  REQUIRE(schema.ready());
  CHECK(schema.client().deployment(deployment)->endpoints_size() == 1);
}

TEST_CASE("leased endpoints stay when the service is stopped and started again") {
  test::TempDir folder;
  std::string deployment;
  {
    SchemaProcess schema(folder);
    REQUIRE(schema.ready());
    const auto created = schema.client().deploy("module echo { export verb say(String) String }");
    deployment = created->deployments(0).deployment();
    test::Endpoint endpoint(schema.client(), deployment, "127.0.0.1:9001");
    REQUIRE(schema.client().reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
    schema.process().signal(SIGTERM);
    CHECK(schema.process().wait() == 0);
    CHECK(endpoint.close().error_code() == grpc::StatusCode::UNAVAILABLE);
  }
  SchemaProcess schema(folder);
  REQUIRE(schema.ready());
  CHECK(schema.client().deployment(deployment)->endpoints_size() == 1);
}

TEST_CASE("a database that is no database is refused, and not one byte of it is written") {
  test::TempDir folder;
  std::filesystem::create_directories(folder.path() / "schema");
  const std::string path = folder / "schema/journal.db";
  std::ofstream(path) << std::string(5'000, 'x');
  const std::string before = read(path);
  SchemaProcess schema(folder);
  CHECK_FALSE(schema.ready());
  CHECK(schema.process().wait() == 2);
  CHECK(schema.process().log().find("journal.db") != std::string::npos);
  CHECK(read(path) == before);
}

TEST_CASE("G9: a database of a newer format is refused by name, and not one byte is written") {
  test::TempDir folder;
  const std::string path = folder / "schema/journal.db";
  {
    SchemaProcess schema(folder);
    REQUIRE(schema.ready());
    REQUIRE(schema.client().deploy(module_named("one")).ok());
    schema.process().signal(SIGTERM);
    REQUIRE(schema.process().wait() == 0);
  }
  {
    // PRAGMA user_version, octets 60 to 63 of an SQLite file.
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);
    file.write("\0\0\0\x63", 4);
  }
  const std::string before = read(path);
  SchemaProcess schema(folder);
  CHECK_FALSE(schema.ready());
  CHECK(schema.process().wait() == 2);
  const std::string log = schema.process().log();
  CHECK(log.find("99") != std::string::npos);
  CHECK(read(path) == before);
}

TEST_CASE("a damaged database is refused and says where") {
  test::TempDir folder;
  const std::string path = folder / "schema/journal.db";
  {
    SchemaProcess schema(folder);
    REQUIRE(schema.ready());
    for (int i = 0; i < 5; ++i)
      REQUIRE(schema.client().deploy(module_named("damaged_" + std::to_string(i))).ok());
    schema.process().kill();
  }
  // The commit's own octets, wherever SQLite keeps them now.
  bool damaged = false;
  for (const std::string& file : {path, path + "-wal"}) {
    std::string octets = read(file);
    for (std::size_t at = octets.find("damaged_2"); at != std::string::npos;
         at = octets.find("damaged_2", at + 1)) {
      octets[at] = 'X';
      damaged = true;
    }
    if (!octets.empty()) std::ofstream(file, std::ios::binary) << octets;
  }
  REQUIRE(damaged);
  SchemaProcess schema(folder);
  // A torn tail of the log that SQLite itself rolls back would be lost silently: it must not start.
  CHECK_FALSE(schema.ready());
  CHECK(schema.process().wait() == 2);
}

TEST_CASE("a data folder that cannot be made is an error that names it") {
  test::TempDir folder;
  std::ofstream(folder / "file") << "not a folder";
  test::Process process(
      {MILLRACE_SCHEMA, "--data=" + (folder / "file"), "--schema.listen=127.0.0.1:0",
       "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0"},
      folder / "log");
  CHECK(process.wait() == 2);
  CHECK(process.log().find(folder / "file") != std::string::npos);
}
