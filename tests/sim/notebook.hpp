// Notebook: what a careful person would write down while reading the journal. It is the model that
// the simulation judges the product by, and it shares none of the product's code: it reads the
// stored bytes with the generated protobuf classes and keeps plain maps. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sim {

struct Notebook {
  struct Deployment {
    std::string module;
    std::string phase;
    std::string changeset;
    std::set<std::string> verbs;
    std::set<std::string> calls;                 // module.verb, of all its verbs
    std::map<std::string, std::string> routes;   // "GET /a" -> verb
    std::map<std::string, std::string> configs;  // name -> "Int" or "String"
    std::uint32_t replicas = 1;
  };
  struct Endpoint {
    std::string deployment;
    std::string address;
    bool healthy = true;
  };
  struct Changeset {
    std::string phase;
    std::vector<std::string> brings;   // deployments
    std::vector<std::string> removes;  // modules
    std::vector<std::string> replaced;
    std::set<std::string> modules;  // of both
    bool accepts_breaks = false;
  };

  std::uint64_t revision = 0;
  std::int64_t time_ms = 0;
  std::map<std::string, Deployment> deployments;
  std::map<std::string, Endpoint> endpoints;
  std::map<std::string, Changeset> changesets;
  std::map<std::string, std::uint64_t> tokens;  // principal + '/' + token -> revision
  std::map<std::string, std::string> config;    // "module.name", or ".name" for all -> JSON
  std::vector<std::string> faults;              // rules that a commit broke, for ever

  // The next commit, as stored.
  void write_down(std::string_view commit);

  // module -> key of its canonical deployment
  std::map<std::string, std::string> canonical() const;
  // module.verb -> the addresses that may be called; a verb without any is there with none
  std::map<std::string, std::set<std::string>> reachable() const;
  // "GET /a" -> module.verb
  std::map<std::string, std::string> routes() const;
  // What a module is given of a config; empty: nothing.
  std::string given(const std::string& module, const std::string& name) const;
  // True when an active changeset that is not committed yet touches the module.
  bool held(const std::string& module) const;

  void check_values(const std::map<std::string, std::string>& config_before);
  bool declares(const std::string& config_name) const;
  // What must hold at every revision; the rules that do not are added to `faults`.
  void check_rules();
};

}  // namespace millrace::sim
