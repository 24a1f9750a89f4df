// Three etcd nodes and three schema replicas, each a process on a host of its own, and what can be
// done to them. The third replica reaches etcd through proxies that can be slow. One thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "tests/faults/delay_proxy.hpp"
#include "tests/faults/jumping_clock.hpp"
#include "tests/faults/lab.hpp"

namespace millrace::test {

inline constexpr std::size_t nodes = 3;

class Cluster {
 public:
  // REQUIRES: Lab::enter() was empty. Everything runs when this returns, else the test has failed.
  Cluster();

  std::string schema_address(std::size_t replica) const;
  std::vector<std::string> schema_addresses() const;

  void kill_etcd(std::size_t node);  // -9
  void start_etcd(std::size_t node);
  void kill_schema(std::size_t replica);  // -9
  void start_schema(std::size_t replica);
  void pause_etcd(std::size_t node, bool paused);
  void pause_schema(std::size_t replica, bool paused);
  // Between hosts of etcd, or from a replica to etcd: what `from` sends does not arrive.
  void block_etcd(std::size_t from, std::size_t to, bool blocked);
  void block_schema(std::size_t replica, std::size_t node, bool blocked);
  void slow_down(int ms);  // the third replica's links to etcd
  void jump(std::size_t replica, std::int64_t wall_ms, std::int64_t mono_ms);
  // Everything runs, and everyone reaches everyone.
  void heal();
  // Starts again what ended by itself, as a container's restart policy does.
  void supervise();

  // What a process said, for the report of a failure.
  std::string last_words() const;

 private:
  void launch_etcd(std::size_t node);
  void launch_schema(std::size_t replica);
  std::string journal_url(std::size_t replica) const;

  TempDir folder_;
  Lab lab_;
  std::vector<std::unique_ptr<DelayProxy>> proxies_;
  std::array<std::unique_ptr<Process>, nodes> etcd_;
  std::array<std::unique_ptr<Process>, nodes> schema_;
  std::array<bool, nodes> down_{};  // replicas that were killed and shall stay so
  std::array<ClockOffsets*, nodes> clocks_{};
};

}  // namespace millrace::test
