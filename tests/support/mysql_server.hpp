// A real MariaDB for tests, on loopback, with data in a folder of its own: a copy of one that is
// made once for all tests of a build. It is ended by its pid when its owner goes. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace millrace::test {

class MysqlServer {
 public:
  // Ready when this returns, else the test has failed. `arguments` are added to the server's,
  // `query` to its address; it is ready when opening a journal there says `ready`.
  explicit MysqlServer(std::vector<std::string> arguments = {}, std::string query = {},
                       std::string ready = "no journal");

  int port() const { return port_; }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  // A workspace of its database, by way of `at` where that is not empty.
  std::string url(const std::string& workspace, const std::string& at = {}) const;
  // The file that holds the password of the user `millrace`.
  std::string password_file() const { return folder_ / "password"; }

  // From the next start on: this library is loaded before the server.
  void preload(const std::string& library) { library_ = library; }
  void kill();     // -9
  void restart();  // with the data that it had
  // Whatever would need room is refused, with the server's own number for it.
  void set_full(bool full) const;
  // No file of the running server grows beyond so many bytes, as if the disk were full; nullopt: as
  // far as the disk goes.
  void limit_files(std::optional<std::uint64_t> bytes) const;
  // False where it ended by itself.
  bool runs() const;
  // Runs statements as root, over the server's own socket; their output. Fails the test where they
  // fail.
  std::string sql(const std::string& statements) const;
  std::string log() const { return process_->log(); }

 private:
  void start();

  TempDir folder_;
  const std::vector<std::string> arguments_;
  const std::string query_, ready_;
  std::string library_;
  const int port_ = unused_port();
  std::unique_ptr<Process> process_;
};

// One server for all tests of this program.
MysqlServer& shared_mysql();

}  // namespace millrace::test
