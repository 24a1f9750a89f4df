// One `millrace serve` on ports and a data folder of its own, with modules started beside it.
#pragma once

#include <memory>
#include <string>

#include "e2e/process.hpp"
#include "httpkit/message.hpp"

namespace millrace::e2e {

// Where the binaries and the sources are.
std::string binary(const std::string& name);
std::string source(const std::string& path);

class Cluster {
 public:
  // `settings`: further flags for serve. `under`: a command that runs it, as `env` would; `data`:
  // its folder, where that is not one of ours.
  explicit Cluster(Words settings = {}, Words under = {}, std::string data = {});

  Process& serve() { return *serve_; }
  // Starts serve, on the same ports and data after the first time. REQUIRES: it does not run.
  void start();
  bool ready(int seconds = 60);

  Outcome millrace(const Words& words, int seconds = 60) const;
  // True once the command ends with this exit code: what it asks follows the feed.
  bool comes_to(const Words& words, int exit_code = 0) const;
  // `millrace run` of an example: "time", "echo" or "greeter".
  std::unique_ptr<Process> example(const std::string& name, const Words& options = {});
  std::unique_ptr<Process> run_module(const std::string& schema, const Words& options,
                                      const Words& command);

  httpkit::Response http(const std::string& method, const std::string& target,
                         const std::string& body = {},
                         const std::vector<httpkit::Header>& headers = {}) const;
  bool answers(const std::string& target, int status = 200, int seconds = 60) const;

  std::string ingress() const {
    return "127.0.0.1:" + std::to_string(ports_.at("ingress.http_listen"));
  }
  const Folder& folder() const { return folder_; }
  std::string data() const { return data_.empty() ? folder_.path("data") : data_; }
  Words serve_words() const;
  int port(const std::string& setting) const { return ports_.at(setting); }

 private:
  Folder folder_;
  Words settings_;
  Words under_;
  std::string data_;
  std::map<std::string, int> ports_;
  std::unique_ptr<Process> serve_;
  int logs_ = 0;
};

}  // namespace millrace::e2e
