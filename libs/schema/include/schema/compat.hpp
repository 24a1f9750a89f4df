// Compatibility: what changed between two schemas, whether it breaks the callers that were built
// against the old one, in which direction and why, and who is hit. Called by the schema service for
// each changeset and by `schema diff`, `schema compat` and `deploy --plan`; the rules are told in
// docs/schema-language.md. Pure, free of threads. REQUIRES: both schemas are resolved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/model.hpp"

namespace millrace::schema {

enum class ChangeKind : std::uint8_t {
  module_added,
  module_removed,
  realm_changed,
  decl_added,
  decl_removed,
  kind_changed,  // another declaration under the same name: data became an enum
  visibility_changed,
  type_parameters_changed,
  type_changed,      // of a field, an alias, a topic's event, a config, a secret, an enum's values
  request_changed,   // the type that a verb takes
  response_changed,  // the type that it returns
  field_added,
  field_removed,
  alias_changed,  // the name of a field in JSON
  variant_added,
  variant_removed,
  variant_changed,  // its value or type
  encoding_changed,
  route_added,
  route_removed,
  route_moved,  // another verb answers it now
  metadata_added,
  metadata_removed,
  metadata_changed,
  requests_moved,  // a part of a route's requests, or all, match another route now
};
std::string_view name_of(ChangeKind kind);  // "field-removed"

// Where a breaking change breaks; where any other is seen.
enum class Direction : std::uint8_t {
  none,      // nobody outside of the module sees it
  request,   // what callers send
  response,  // what callers get
  both,
  route,   // HTTP requests find no verb any more
  topic,   // an event: a response for subscribers, a request for publishers
  config,  // a stored value, of a config or a secret
};
std::string_view name_of(Direction direction);

// One thing that callers use and through which they meet a change.
enum class UseKind : std::uint8_t { verb, route, topic, config, secret, reference };
struct Use {
  UseKind kind = UseKind::verb;
  Ref what;           // the verb, topic, config, secret or type
  std::string route;  // of a route: "GET /orders/{id}"
  bool breaks_request = false;
  bool breaks_response = false;
  std::optional<std::string> spared_realm;  // callers in this realm do not meet it
  bool operator==(const Use&) const = default;
  bool breaks() const { return breaks_request || breaks_response; }
};

struct Change {
  ChangeKind kind = ChangeKind::decl_added;
  std::string place;  // "shop", "shop.Order", "shop.Order.total"
  Direction direction = Direction::none;
  bool breaking = false;
  std::string rule;    // "removed-field"; empty where nothing breaks
  std::string before;  // the old and the new type, name or text; empty where there is none
  std::string after;
  std::string what;       // in words, without the place: "the field is gone (Int)"
  std::string why;        // what it does to callers; empty where nothing breaks
  std::vector<Use> uses;  // sorted
  bool operator==(const Change&) const = default;
};
// "shop.Order.total: Int is now String; breaks requests and responses [changed-type]: ..."
std::string to_string(const Change& change);

// Sorted by place. Empty exactly when the schemas differ in nothing but comments, places and the
// order of what they declare.
std::vector<Change> compare(const Schema& before, const Schema& after);
std::vector<Change> compare(const std::vector<const Module*>& before,
                            const std::vector<const Module*>& after);

bool is_breaking(const std::vector<Change>& changes);

// Who meets a change.
enum class HitKind : std::uint8_t {
  calls,
  subscribes,
  publishes,
  refers,
  over_http,  // whoever sends this request: nobody knows them
  stored,     // a value that is set for a config or secret
};
std::string_view name_of(HitKind kind);  // "calls", "over-http"
struct Hit {
  HitKind kind = HitKind::calls;
  Ref caller;        // a verb, or with an empty name a whole module; over HTTP: none
  std::string used;  // "shop.create", "GET /orders/{id}"
  bool breaks = false;
  auto operator<=>(const Hit&) const = default;
};
std::string caller_of(const Hit& hit);  // "cart.checkout", "cart", or nothing
std::string to_string(const Hit& hit);  // "cart.checkout calls shop.create"

// Finds who is hit among modules that stay as they are. REQUIRES: they outlive this, unchanged.
class Callers {
 public:
  explicit Callers(const std::vector<const Module*>& deployed);
  explicit Callers(const Schema& deployed);

  // Sorted. A module is never hit by a change of its own, except for its stored values.
  std::vector<Hit> of(const Change& change) const;

 private:
  struct User {
    HitKind kind = HitKind::calls;
    Ref caller;
    std::string realm;
    auto operator<=>(const User&) const = default;
  };
  void add(const Module& module);
  void find(const Use& use, HitKind kind, bool breaks, std::set<Hit>& hits) const;

  std::map<Ref, std::set<User>> users_;
};

}  // namespace millrace::schema
