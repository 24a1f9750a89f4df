#include "tests/faults/cluster.hpp"

#include <csignal>
#include <cstdlib>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "tests/schema_service/client.hpp"

namespace millrace::test {
namespace {

constexpr int etcd_number = 11;    // of the first node's host
constexpr int schema_number = 21;  // of the first replica's host
constexpr auto start_deadline = std::chrono::milliseconds(180'000);

std::string name_of(const char* kind, std::size_t i) { return kind + std::to_string(i); }
int number(int first, std::size_t i) { return first + static_cast<int>(i); }
std::string etcd_host(std::size_t i) { return Lab::address(number(etcd_number, i)); }
std::string url(std::size_t node, int port) {
  return "http://" + etcd_host(node) + ":" + std::to_string(port);
}

}  // namespace

Cluster::Cluster() {
  for (std::size_t i = 0; i < nodes; ++i) {
    lab_.add_host(name_of("e", i), number(etcd_number, i));
    lab_.add_host(name_of("s", i), number(schema_number, i));
    clocks_[i] = map_offsets(folder_ / name_of("clock", i));
    REQUIRE(clocks_[i] != nullptr);
  }
  for (std::size_t i = 0; i < nodes; ++i) launch_etcd(i);
  for (std::size_t i = 0; i < nodes; ++i)
    proxies_.push_back(std::make_unique<DelayProxy>(Lab::address(1), etcd_host(i), 2379));
  for (std::size_t i = 0; i < nodes; ++i) launch_schema(i);
  for (std::size_t i = 0; i < nodes; ++i) {
    Client client(statekit::connect(schema_address(i)));
    const auto answers = [&] {
      supervise();
      return client
          .call(&v2alpha1::SchemaService::Stub::GetStatus, v2alpha1::GetStatusRequest(), {}, 1'000)
          .ok();
    };
    const bool up = eventually(answers, start_deadline);
    INFO(last_words());
    REQUIRE(up);
  }
}

std::string Cluster::schema_address(std::size_t replica) const {
  return Lab::address(number(schema_number, replica)) + ":8892";
}

std::vector<std::string> Cluster::schema_addresses() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < nodes; ++i) all.push_back(schema_address(i));
  return all;
}

void Cluster::launch_etcd(std::size_t node) {
  std::string all;
  for (std::size_t i = 0; i < nodes; ++i)
    all += (i == 0 ? "" : ",") + name_of("e", i) + "=" + url(i, 2380);
  std::vector<std::string> argv = Lab::on(name_of("e", node));
  const std::vector<std::string> etcd = {"/usr/bin/etcd",
                                         "--name=" + name_of("e", node),
                                         "--data-dir=" + (folder_ / name_of("etcd", node)),
                                         "--listen-client-urls=" + url(node, 2379),
                                         "--advertise-client-urls=" + url(node, 2379),
                                         "--listen-peer-urls=" + url(node, 2380),
                                         "--initial-advertise-peer-urls=" + url(node, 2380),
                                         "--initial-cluster=" + all,
                                         "--auto-compaction-mode=revision",
                                         "--auto-compaction-retention=10000",
                                         "--logger=zap",
                                         "--log-level=warn"};
  argv.insert(argv.end(), etcd.begin(), etcd.end());
  etcd_[node] = std::make_unique<Process>(argv, folder_ / (name_of("etcd", node) + ".log"));
}

std::string Cluster::journal_url(std::size_t replica) const {
  std::string endpoints;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::string at = replica + 1 == nodes
                               ? Lab::address(1) + ":" + std::to_string(proxies_[i]->port())
                               : etcd_host(i) + ":2379";
    endpoints += (i == 0 ? "" : ",") + at;
  }
  return "etcd://" + endpoints + "/faults";
}

void Cluster::launch_schema(std::size_t replica) {
  const std::string host = Lab::address(number(schema_number, replica));
  std::vector<std::string> argv = Lab::on(name_of("s", replica));
  const char* program = std::getenv("SCHEMA_UNDER_TEST");
  REQUIRE(program != nullptr);
  const std::vector<std::string> schema = {program,
                                           folder_ / name_of("clock", replica),
                                           "--data=" + (folder_ / name_of("data", replica)),
                                           "--schema.journal=" + journal_url(replica),
                                           "--schema.listen=" + host + ":8892",
                                           "--schema.health_listen=" + host + ":9892"};
  argv.insert(argv.end(), schema.begin(), schema.end());
  schema_[replica] =
      std::make_unique<Process>(argv, folder_ / (name_of("schema", replica) + ".log"));
}

void Cluster::kill_etcd(std::size_t node) { etcd_[node]->kill(); }
void Cluster::start_etcd(std::size_t node) {
  etcd_[node]->kill();
  launch_etcd(node);
}
void Cluster::kill_schema(std::size_t replica) {
  down_[replica] = true;
  schema_[replica]->kill();
}
void Cluster::start_schema(std::size_t replica) {
  down_[replica] = false;
  schema_[replica]->kill();
  launch_schema(replica);
}
void Cluster::pause_etcd(std::size_t node, bool paused) {
  etcd_[node]->signal(paused ? SIGSTOP : SIGCONT);
}
void Cluster::pause_schema(std::size_t replica, bool paused) {
  schema_[replica]->signal(paused ? SIGSTOP : SIGCONT);
}

void Cluster::block_etcd(std::size_t from, std::size_t to, bool blocked) {
  const std::string host = name_of("e", from);
  blocked ? lab_.block(host, number(etcd_number, to)) : lab_.heal(host, number(etcd_number, to));
}

void Cluster::block_schema(std::size_t replica, std::size_t node, bool blocked) {
  // The last replica's way leads over the proxies on the bridge.
  const int to = replica + 1 == nodes ? 1 : number(etcd_number, node);
  const std::string host = name_of("s", replica);
  blocked ? lab_.block(host, to) : lab_.heal(host, to);
}

void Cluster::slow_down(int ms) {
  for (const auto& proxy : proxies_) proxy->set_delay(ms);
}

void Cluster::jump(std::size_t replica, std::int64_t wall_ms, std::int64_t mono_ms) {
  clocks_[replica]->wall_ms += wall_ms;
  clocks_[replica]->mono_ms += mono_ms;
}

void Cluster::heal() {
  slow_down(0);
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) {
      if (i != j) block_etcd(i, j, false);
      block_schema(i, j, false);
    }
    pause_etcd(i, false);
    pause_schema(i, false);
    if (etcd_[i]->wait(std::chrono::milliseconds(0))) launch_etcd(i);
    down_[i] = false;
  }
  supervise();
}

void Cluster::supervise() {
  for (std::size_t i = 0; i < nodes; ++i)
    if (!down_[i] && schema_[i]->wait(std::chrono::milliseconds(0))) launch_schema(i);
}

std::string Cluster::last_words() const {
  std::string text;
  for (std::size_t i = 0; i < nodes; ++i) {
    for (const auto* process : {&etcd_[i], &schema_[i]}) {
      if (!*process) continue;
      const std::string log = (*process)->log();
      text += "\n-- " + name_of(process == &etcd_[i] ? "etcd" : "schema", i) + ":\n" +
              log.substr(log.size() - std::min<std::size_t>(log.size(), 1'500));
    }
  }
  return text;
}

}  // namespace millrace::test
