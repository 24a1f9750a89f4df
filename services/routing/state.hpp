// RouteState: where each verb's calls go, folded from the schema service's commits. Pure: a value
// that a Projection holds, fed by a Follower, asked by the service on every call. It keeps only
// what routing needs: which deployment is canonical, which changesets may take a share, which
// endpoints are healthy. Questions are const and answer with views into the state, good as long as
// the Projection's Reader.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/book.hpp"
#include "schema/change.hpp"

namespace millrace::routing {

using statekit::Revision;

// An endpoint that may be called.
struct Target {
  std::string id;
  std::string address;  // host:port
  bool operator==(const Target&) const = default;
};

// Where a call goes: the healthy endpoints of one deployment, ordered by id, at least one.
struct Route {
  std::string_view deployment;
  std::span<const Target> targets;
  bool exported = false;        // the verb, to other modules of its realm
  bool exported_realm = false;  // and to those of every realm
  bool from_http = false;       // it has a route of ingress
  std::string_view realm = {};  // of its module; empty: none
};

enum class Miss : std::uint8_t { unknown_module, unknown_verb, no_endpoint };

class RouteState {
 public:
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;

  void apply(const schema::Commit& commit);
  void restore(const Snapshot& snapshot);

  Revision revision() const { return revision_; }
  std::uint64_t digest() const { return digest_ + book_.digest(); }
  bool operator==(const RouteState&) const = default;

  // `side` is the key of a changeset that is not committed yet, as `millrace-side` names it; its
  // modules win over the canonical ones. Empty, unknown or over: the canonical side. A deployment
  // that was replaced gets no new calls.
  std::variant<Route, Miss> route(std::string_view module, std::string_view verb,
                                  std::string_view side) const;

  // Which side a request that comes from outside takes, by a hash of its key that is uniform over
  // all 64 bits: the same key takes the same side as long as the shares stay. Empty: canonical.
  std::string_view side_of(std::uint64_t key_hash) const;

  // True while the endpoint is registered, healthy or not.
  bool knows_endpoint(std::string_view id) const { return endpoints_.contains(id); }

  // True while calls may be routed to it: it is canonical, or of a side. Others drain.
  bool gets_calls(std::string_view deployment) const;

  // Whether one of the modules for which `which` is true is of that realm. One that is not known
  // here is of none.
  bool any_of_realm(std::string_view realm,
                    const std::function<bool(std::string_view)>& which) const;

  // Who may do what.
  const access::Book& book() const { return book_; }

  // How many modules are deployed.
  std::size_t modules() const { return canonical_.size(); }
  std::string dump() const;  // the whole state as text, one line for each entry

 private:
  struct Deployment {
    std::string module;
    std::vector<std::string> verbs;           // sorted
    std::string realm;                        // empty: none
    std::vector<std::string> exported;        // of its verbs, within the realm or beyond, sorted
    std::vector<std::string> exported_realm;  // of these, beyond it, sorted
    std::vector<std::string> from_http;       // of them, sorted
    std::vector<Target> healthy;              // sorted by id; follows from the endpoints
    bool operator==(const Deployment&) const = default;
  };
  struct Endpoint {
    std::string deployment;
    std::string address;
    bool healthy = true;
    bool operator==(const Endpoint&) const = default;
  };
  // A changeset from its creation until it is committed or given up.
  struct Side {
    bool prepared = false;
    std::uint32_t canary_percent = 0;
    std::map<std::string, std::string, std::less<>> deployments;  // by module
    std::vector<std::string> removed;                             // modules, sorted
    bool operator==(const Side&) const = default;
  };
  template <class Value>
  using ByKey = std::map<std::string, Value, std::less<>>;
  struct Fold;

  // The one way to change an entry, so that the digest follows.
  template <class Value>
  void put(ByKey<Value>& entries, const std::string& key, Value value);
  template <class Value>
  void drop(ByKey<Value>& entries, std::string_view key);

  void add_deployment(const schema::Deployment& deployment);
  void add_side(const schema::Changeset& changeset);
  void commit_side(const std::string& changeset, const std::vector<std::string>& replaced);
  void add_endpoint(const schema::Endpoint& endpoint);
  void set_health(const std::string& id, bool healthy);
  void remove_endpoint(const std::string& id);
  void remove_deployment(const std::string& key);
  void leave_sides(const std::string& module, const std::string& key);
  void list_as_target(const std::string& id, const Endpoint& endpoint);
  void unlist_as_target(const std::string& id, const Endpoint& endpoint);
  std::string_view deployment_of(std::string_view module, std::string_view side) const;

  Revision revision_ = 0;
  std::uint64_t digest_ = 0;  // the sum of the entries' hashes; in any order, of any history
  ByKey<Deployment> deployments_;
  std::size_t in_realms_ = 0;  // of them, those of a module in a realm
  ByKey<Endpoint> endpoints_;
  ByKey<std::string> canonical_;  // module -> deployment
  ByKey<Side> sides_;             // by changeset
  access::Book book_;
};

}  // namespace millrace::routing
