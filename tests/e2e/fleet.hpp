// Three schema services on one etcd, with two routings, ingress and timeline as processes:
// a cluster as it is started on several machines, for tests that kill parts of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "e2e/process.hpp"

namespace millrace::e2e {

class Fleet {
 public:
  // `journal`: etcd://... with a workspace of its own. Ready when this returns, else the test has
  // failed.
  explicit Fleet(const std::string& journal);

  Process& schema(std::size_t replica) { return *replicas_[replica].process; }
  const std::string& schema_address(std::size_t replica) const {
    return replicas_[replica].address;
  }
  std::string schema_addresses() const;  // of all, the first one first
  void kill(std::size_t replica);        // -9
  Process& routing(std::size_t i) { return *routings_[i].process; }

  // The command line, asking all replicas or the ones that `schema` names.
  Words words(const Words& command, const std::string& schema = {}) const;
  Outcome millrace(const Words& command, const std::string& schema = {}, int seconds = 60) const;
  std::unique_ptr<Process> start(const Words& command);
  // `millrace run` of an example in C++.
  std::unique_ptr<Process> example(const std::string& name, const Words& options = {});

  int status_of(const std::string& target) const;  // of GET at ingress; 0: no answer
  const Folder& folder() const { return folder_; }

 private:
  struct Replica {
    std::string address;
    std::unique_ptr<Process> process;
  };
  std::unique_ptr<Process> service(const std::string& name, const Words& settings);
  std::string log();

  Folder folder_;
  int logs_ = 0;
  std::vector<Replica> replicas_;
  std::vector<Replica> routings_;
  std::string timeline_address_, ingress_address_;
  std::unique_ptr<Process> timeline_, ingress_;
};

}  // namespace millrace::e2e
