// VerbTypes: what an ingress verb takes and gives, compiled once and kept until a module that its
// types come from is replaced. The service asks the cache on every request. Thread safe; VerbTypes
// are immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/json.hpp"
#include "services/ingress/state.hpp"
#include "statekit/result.hpp"

namespace millrace::ingress {

// How a value of a type stands in the body of an HTTP message.
enum class BodyKind {
  none,   // Unit
  text,   // String: as it is
  bytes,  // Bytes: as they are
  any,    // by its content type: JSON, or else text
  json,   // all else
};

struct VerbTypes {
  std::vector<Deployed> modules;  // that the types come from, by name; they stay alive with it
  schema::Shape path;
  schema::Shape query;
  schema::Shape body;
  schema::Shape response;  // builtin.HttpResponse, the whole of it
  BodyKind body_kind = BodyKind::json;
  bool body_optional = false;
  BodyKind answer_kind = BodyKind::json;
  BodyKind error_kind = BodyKind::json;
  bool lenient = false;
};

// An error names what the schema lacks; the checker refuses such a schema at its deploy.
statekit::Result<std::shared_ptr<const VerbTypes>> compile_types(const IngressState& state,
                                                                 std::string_view side,
                                                                 std::string_view module,
                                                                 std::string_view verb);

class TypeCache {
 public:
  explicit TypeCache(std::size_t entries_max = 20'000) : entries_max_(entries_max) {}

  statekit::Result<std::shared_ptr<const VerbTypes>> get(const IngressState& state,
                                                         std::string_view side,
                                                         const Target& target);

 private:
  struct Entry {
    Revision schema_revision = 0;  // up to which it is known to hold
    std::shared_ptr<const VerbTypes> types;
  };

  std::size_t entries_max_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;  // by side, module and verb
};

}  // namespace millrace::ingress
