// Three schema services as processes on one etcd, and a client of each: what the tests of replicas
// share.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/etcd_server.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/tcp_proxy.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/client.hpp"

namespace millrace::test {

struct Replica {
  TempDir folder;
  std::unique_ptr<TcpProxy> to_etcd;  // where its link is to be held
  std::unique_ptr<Process> process;
  std::string address;
  std::unique_ptr<Client> client;
};

class Replicas {
 public:
  explicit Replicas(const std::string& workspace, const std::string& lease = "3s",
                    bool held = false)
      : replicas_(3) {
    for (Replica& each : replicas_) {
      if (held) each.to_etcd = std::make_unique<TcpProxy>(shared_etcd().port(0));
      const std::string at = held ? each.to_etcd->address() : shared_etcd().endpoints();
      const std::string journal = "etcd://" + at + "/" + workspace;
      each.process = std::make_unique<Process>(
          std::vector<std::string>{MILLRACE_SCHEMA, "--data=" + each.folder.path().string(),
                                   "--schema.listen=127.0.0.1:0",
                                   "--schema.http_listen=127.0.0.1:0",
                                   "--schema.health_listen=127.0.0.1:0", "--schema.lease=" + lease,
                                   "--schema.journal=" + journal},
          each.folder / "log");
    }
    for (Replica& each : replicas_) {
      each.address = each.process->logged("schema.started listen=");
      INFO(each.process->log());
      REQUIRE_FALSE(each.address.empty());
      each.client = std::make_unique<Client>(statekit::connect(each.address));
    }
    for (std::size_t i = 0; i < 3; ++i)
      REQUIRE(eventually([&] { return status(i).replicas_size() == 3; }));
  }

  Client& client(std::size_t i) { return *replicas_[i].client; }
  const std::string& address(std::size_t i) const { return replicas_[i].address; }
  std::string data(std::size_t i) const { return replicas_[i].folder.path().string(); }
  void kill(std::size_t i) { replicas_[i].process->kill(); }
  // Nothing passes between this replica and etcd any more, or all that waited does.
  void hold(std::size_t i, bool held) { replicas_[i].to_etcd->set_still(held); }

  v2alpha1::GetStatusResponse status(std::size_t i) { return client(i).status().response; }
  // The replica that the others forward to; nothing while they do not agree.
  std::optional<std::size_t> writer() {
    std::set<std::string> named;
    for (std::size_t i = 0; i < 3; ++i) {
      const v2alpha1::GetStatusResponse told = status(i);
      for (const auto& each : told.replicas())
        if (each.writer() && each.ready() && each.since_ms() > 0) named.insert(each.address());
    }
    for (std::size_t i = 0; i < 3; ++i)
      if (named == std::set<std::string>{address(i)}) return i;
    return std::nullopt;
  }

 private:
  std::vector<Replica> replicas_;
};

inline std::size_t writer_of(Replicas& replicas) {
  std::optional<std::size_t> writer;
  REQUIRE(eventually([&] { return (writer = replicas.writer()).has_value(); }));
  return *writer;
}

}  // namespace millrace::test
