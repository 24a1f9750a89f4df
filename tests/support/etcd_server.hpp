// Real etcd servers for tests, on loopback, with data in a folder of their own: one, or a cluster
// of three whose members can be killed, paused and started again. Each is ended by its pid when its
// owner goes. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace millrace::test {

class EtcdCluster {
 public:
  // Ready when this returns, else the test has failed. `arguments` go to every member.
  explicit EtcdCluster(std::size_t members, std::vector<std::string> arguments = {});

  std::size_t size() const { return members_.size(); }
  int port(std::size_t member) const { return members_[member].client; }
  // host:port, or all of them with commas between.
  std::string endpoint(std::size_t member) const;
  std::string endpoints() const;

  void kill(std::size_t member);     // -9
  void restart(std::size_t member);  // with the data that it had
  void pause(std::size_t member, bool paused);
  // The member that leads.
  std::size_t leader() const;
  // The first member raises or drops the alarm of a full disk.
  void set_full(bool full) const;
  // Runs etcdctl against the first member that runs; its output. Fails the test where it fails.
  std::string ctl(const std::string& arguments) const;
  // True once a journal can be looked for.
  bool ready(const std::string& at) const;

 private:
  struct Member {
    int client = 0, peer = 0;
    std::unique_ptr<Process> process;
  };
  void start(std::size_t member);

  TempDir folder_;
  std::vector<std::string> arguments_;
  std::vector<Member> members_;
};

// One server for all tests of this program.
EtcdCluster& shared_etcd();

}  // namespace millrace::test
