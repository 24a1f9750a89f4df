// The part of the canonical schema that a change concerns: what is changed, all who refer to it,
// and all that these refer to; with routes in play, every module that has some; of a realm that is
// external for the one and not for the other, one of these others. So judging a change costs the
// same however much is deployed. Asked by the checks of the rules and of who is broken.
// Pure. REQUIRES: the state and the new modules outlive it, unchanged.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/schema/state.hpp"

namespace millrace::schema_service {

class Concerned {
 public:
  Concerned(const State& state, const std::vector<std::shared_ptr<const schema::Module>>& modules,
            const std::vector<std::string>& removed);

  // False: neither change can alter what the rules say of the other.
  bool touches(const Concerned& other) const;
  // The changesets in flight whose changes it touches, oldest first.
  std::vector<const Changeset*> touched() const;
  std::vector<const schema::Module*> before() const;
  std::vector<const schema::Module*> after() const;  // as the change leaves it
  // The canonical ones that the change leaves as they are.
  std::vector<const schema::Module*> untouched() const;

 private:
  const schema::Module* canonical(const std::string& name) const;
  const schema::Module* find(const std::string& name) const;
  const ModuleUse* use_of_now(const std::string& name) const;
  void add_with_importers(const std::string& first);
  void add_imports(const std::string& first);
  void add_of_realm(const std::pair<std::string, bool>& realm);

  const State& state_;
  const std::set<std::string> removed_;
  std::map<std::string, std::shared_ptr<const schema::Module>> changed_;
  std::map<std::string, ModuleUse> uses_;
  std::set<std::string> names_;
  std::set<std::pair<std::string, bool>> realms_;  // those of what is judged; whether external
  bool has_routes_ = false;
};

}  // namespace millrace::schema_service
