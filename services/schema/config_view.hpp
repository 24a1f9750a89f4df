// What is answered about config: a list of all that is declared or set, and what one deployment is
// given. Made by the service for its RPCs. Pure, free of threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/schema/state.hpp"

namespace millrace::schema_service {

struct ConfigEntry {
  std::string module;  // empty: a value for each module that has none of its own
  std::string name;
  std::string type;                 // as declared; empty: nobody who is deployed declares it
  std::optional<std::string> json;  // none: it has no value
  bool from_global = false;         // it is given the value for all
  std::string problem;              // why the module is not given this value
  Revision revision = 0;            // that set it, by whom and when
  std::string author;
  WallMs time_ms = 0;
  std::vector<std::string> used_by;  // of a value for all: the modules that are given it
  bool operator==(const ConfigEntry&) const = default;
};

// Values for all modules first, then by module and in order of declaration, then what is left over
// of modules and configs that are gone. `module` empty: of every module.
std::vector<ConfigEntry> list_config(const State& state, const std::string& module);

struct ContextConfig {
  std::string name;
  std::optional<std::string> json;
  Revision revision = 0;
  std::string problem;
  bool operator==(const ContextConfig&) const = default;
};
// A secret that a deployment is given; whoever opened it wipes it.
struct ContextSecret {
  std::string name;
  std::optional<std::string> json;  // in clear
  Revision version = 0;
  std::string problem;
  bool operator==(const ContextSecret&) const = default;
};
struct DeploymentContext {
  std::string module;
  std::vector<ContextConfig> configs;  // in order of declaration
  std::vector<ContextSecret> secrets;  // likewise; sealed ones have no json yet
  bool operator==(const DeploymentContext&) const = default;
};

struct SecretEntry {
  std::string module;
  std::string name;
  std::string type;  // empty: nobody who is deployed declares it
  bool set = false;
  bool from_global = false;
  Revision version = 0;
  std::string fingerprint;
  std::string key_id;
  std::string author;
  WallMs time_ms = 0;
  std::vector<std::string> used_by;
  bool operator==(const SecretEntry&) const = default;
};
// In the order of list_config.
std::vector<SecretEntry> list_secrets(const State& state, const std::string& module);

// None: there is no such deployment.
std::optional<DeploymentContext> context_of(const State& state, const std::string& deployment,
                                            bool with_secrets = true);

// What the context of a deployment is made of, cheap to compare: while it stays the same, so does
// the context.
std::vector<std::string> sources_of(const State& state, const Deployment& deployment,
                                    bool with_secrets = true);

}  // namespace millrace::schema_service
