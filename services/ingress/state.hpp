// IngressState: which routes there are and which modules stand behind them, folded from the schema
// service's commits. Pure: a value that a Projection holds, fed by a Follower, asked by the service
// on every request. Questions are const and answer with views into the state, good as long as the
// Projection's Reader.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/change.hpp"
#include "services/ingress/routes.hpp"

namespace millrace::ingress {

using statekit::Revision;

// A deployment's module; shared by all states, never changed.
struct Deployed {
  std::string key;
  std::shared_ptr<const schema::Module> schema;
  statekit::Digest schema_digest;
  bool operator==(const Deployed& other) const {
    return key == other.key && schema_digest == other.schema_digest &&
           (schema == other.schema || *schema == *other.schema);
  }
};

class IngressState {
 public:
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;

  void apply(const schema::Commit& commit);
  void restore(const Snapshot& snapshot);

  Revision revision() const { return revision_; }
  std::uint64_t digest() const { return digest_; }
  bool operator==(const IngressState& other) const;

  // Which side a request takes, by a hash of its key that is uniform over all 64 bits: the same key
  // takes the same side as long as the shares stay. Empty: the canonical one.
  std::string_view side_of(std::uint64_t key_hash) const;

  // What a side sees; an empty or unknown side is the canonical one.
  const RouteTable& routes(std::string_view side) const;
  const Deployed* module(std::string_view side, std::string_view name) const;  // null: none

  // The revision of the last commit that changed what any side sees. For caches; two equal states
  // may differ in it.
  Revision schema_revision() const { return schema_revision_; }

  std::string dump() const;  // the whole state as text, one line for each entry

 private:
  // A changeset from its creation until it is committed or given up.
  struct Side {
    bool prepared = false;
    std::uint32_t canary_percent = 0;
    std::map<std::string, std::string, std::less<>> deployments;  // by module
    std::vector<std::string> removed;                             // modules, sorted
    bool operator==(const Side&) const = default;

    bool takes_traffic() const { return prepared && canary_percent > 0; }
    bool touches(std::string_view module) const;
  };
  template <class Value>
  using ByKey = std::map<std::string, Value, std::less<>>;
  struct Fold;

  template <class Value>
  void put(ByKey<Value>& entries, const std::string& key, Value value);
  template <class Value>
  void drop(ByKey<Value>& entries, std::string_view key);

  void add_deployment(const schema::Deployment& deployment);
  void remove_deployment(const std::string& key);
  void make_canonical(const std::string& module, const std::string& key);
  void end_canonical(const std::string& module, const std::string& key);
  void add_side(const schema::Changeset& changeset);
  void commit_side(const std::string& changeset, const std::vector<std::string>& replaced);
  void route_sides();
  RouteTable routes_of(const Side& side) const;
  const Deployed* deployment(std::string_view key) const;

  Revision revision_ = 0;
  Revision schema_revision_ = 0;
  std::uint64_t digest_ = 0;  // the sum of the entries' hashes
  bool changed_ = false;      // any entry, by the commit that is being applied
  ByKey<Deployed> deployments_;
  ByKey<std::string> canonical_;  // module -> deployment
  ByKey<Side> sides_;             // by changeset
  // Both follow from the entries above.
  RouteTable canonical_routes_;
  ByKey<RouteTable> side_routes_;  // of the sides that take traffic
};

}  // namespace millrace::ingress
