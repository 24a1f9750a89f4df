// Changes in words.
#include <array>

#include "compat_parts.hpp"

namespace millrace::schema {

namespace {

constexpr std::array<std::string_view, 25> kind_names = {
    "module-added",    "module-removed",   "realm-changed",      "decl-added",
    "decl-removed",    "kind-changed",     "visibility-changed", "type-parameters-changed",
    "type-changed",    "request-changed",  "response-changed",   "field-added",
    "field-removed",   "alias-changed",    "variant-added",      "variant-removed",
    "variant-changed", "encoding-changed", "route-added",        "route-removed",
    "route-moved",     "metadata-added",   "metadata-removed",   "metadata-changed",
    "requests-moved"};

constexpr std::array<std::string_view, 7> direction_names = {"none",  "request", "response", "both",
                                                             "route", "topic",   "config"};

constexpr std::array<std::string_view, 6> hit_names = {"calls",  "subscribes", "publishes",
                                                       "refers", "over-http",  "stored"};

std::string now(const std::string& before, const std::string& after) {
  if (before.empty()) return "is now " + after;
  if (after.empty()) return "is no longer " + before;
  return before + " is now " + after;
}

std::string_view breaks_of(Direction direction) {
  switch (direction) {
    case Direction::none: return "breaks nothing";
    case Direction::request: return "breaks requests";
    case Direction::response: return "breaks responses";
    case Direction::both: return "breaks requests and responses";
    case Direction::route: return "breaks a route";
    case Direction::topic: return "breaks events";
    case Direction::config: break;
  }
  return "breaks stored values";
}

}  // namespace

std::string_view name_of(ChangeKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

std::string_view name_of(Direction direction) {
  return direction_names.at(static_cast<std::size_t>(direction));
}

std::string words_of(ChangeKind kind, const std::string& before, const std::string& after) {
  switch (kind) {
    case ChangeKind::module_added: return "the module is new";
    case ChangeKind::module_removed: return "the module is gone";
    case ChangeKind::realm_changed: return "the module's realm: " + now(before, after);
    case ChangeKind::decl_added: return "the " + after + " is new";
    case ChangeKind::decl_removed: return "the " + before + " is gone";
    case ChangeKind::kind_changed:
    case ChangeKind::visibility_changed:
    case ChangeKind::type_changed: return now(before, after);
    case ChangeKind::type_parameters_changed: return "type parameters: " + now(before, after);
    case ChangeKind::request_changed: return "the request: " + now(before, after);
    case ChangeKind::response_changed: return "the response: " + now(before, after);
    case ChangeKind::field_added: return "the field is new (" + after + ")";
    case ChangeKind::field_removed: return "the field is gone (" + before + ")";
    case ChangeKind::alias_changed: return "its name in JSON: " + now(before, after);
    case ChangeKind::variant_added: return "the variant is new (" + after + ")";
    case ChangeKind::variant_removed: return "the variant is gone (" + before + ")";
    case ChangeKind::variant_changed: return "the variant: " + now(before, after);
    case ChangeKind::encoding_changed: return "unknown fields: " + now(before, after);
    case ChangeKind::route_added: return "the route " + after + " is new";
    case ChangeKind::route_removed: return "the route " + before + " is gone";
    case ChangeKind::route_moved: return "another verb answers its route: " + now(before, after);
    case ChangeKind::requests_moved:
      return after + " answers requests that " + before + " answered";
    case ChangeKind::metadata_added: return after + " is new";
    case ChangeKind::metadata_removed: return before + " is gone";
    case ChangeKind::metadata_changed: break;
  }
  return now(before, after);
}

std::string to_string(const Change& change) {
  std::string text = change.place + ": " + change.what;
  if (!change.breaking) return text;
  return text + "; " + std::string(breaks_of(change.direction)) + " [" + change.rule +
         "]: " + change.why;
}

std::string_view name_of(HitKind kind) { return hit_names.at(static_cast<std::size_t>(kind)); }

std::string caller_of(const Hit& hit) {
  return hit.caller.name.empty() ? hit.caller.module : to_string(hit.caller);
}

std::string to_string(const Hit& hit) {
  const std::string caller = caller_of(hit);
  switch (hit.kind) {
    case HitKind::calls: return caller + " calls " + hit.used;
    case HitKind::subscribes: return caller + " subscribes to " + hit.used;
    case HitKind::publishes: return caller + " publishes " + hit.used;
    case HitKind::refers: return caller + " refers to " + hit.used;
    case HitKind::over_http: return "whoever sends " + hit.used;
    case HitKind::stored: break;
  }
  return "the stored value of " + hit.used;
}

}  // namespace millrace::schema
