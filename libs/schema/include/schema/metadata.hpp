// The 23 kinds of metadata, in their canonical order: what `+ingress`, `+calls` and the like say
// about a module, a declaration or a field. Values, free of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/type.hpp"

namespace millrace::schema {

struct Ingress {  // +ingress http GET /people/{id}; the pattern is read by schema/route.hpp
  std::string method;
  std::string path;
  bool operator==(const Ingress&) const = default;
};
struct Alias {  // +alias json "name"
  std::string name;
  bool operator==(const Alias&) const = default;
};
struct Encoding {  // +encoding json [lenient]
  bool lenient = false;
  bool operator==(const Encoding&) const = default;
};
struct Calls {  // +calls mod.verb, ...
  std::vector<Ref> verbs;
  bool operator==(const Calls&) const = default;
};
struct UsesDatabases {  // +database uses mod.db, ...
  std::vector<Ref> databases;
  bool operator==(const UsesDatabases&) const = default;
};
struct UsesSecrets {  // +secrets mod.s, ...
  std::vector<Ref> secrets;
  bool operator==(const UsesSecrets&) const = default;
};
struct UsesConfigs {  // +config mod.c, ...
  std::vector<Ref> configs;
  bool operator==(const UsesConfigs&) const = default;
};
struct Cron {  // +cron EXPRESSION
  std::string expression;
  bool operator==(const Cron&) const = default;
};
struct Publish {  // +publish mod.topic, ...
  std::vector<Ref> topics;
  bool operator==(const Publish&) const = default;
};
enum class Offset : std::uint8_t { beginning, latest };
struct Subscribe {  // +subscribe mod.topic from=beginning|latest [deadletter]
  Ref topic;
  Offset from = Offset::beginning;
  bool dead_letter = false;
  bool operator==(const Subscribe&) const = default;
};
struct Retry {  // +retry [COUNT] [MIN] [MAX] [catch mod.verb]; durations as written, "" for none
  std::optional<std::int64_t> count;
  std::string min_backoff;
  std::string max_backoff;
  std::optional<Ref> catch_verb;
  bool operator==(const Retry&) const = default;
};
struct TypeMap {  // +typemap RUNTIME "native.Name"
  std::string runtime;
  std::string native_name;
  bool operator==(const TypeMap&) const = default;
};
struct Migration {  // +migration sha256:HEX; `digest` is the HEX
  std::string digest;
  bool operator==(const Migration&) const = default;
};
struct Artefact {  // +artefact "path" "sha256" [executable]
  std::string path;
  std::string digest;
  bool executable = false;
  bool operator==(const Artefact&) const = default;
};
struct SqlColumn {  // +sql column table.column
  std::string table;
  std::string column;
  bool operator==(const SqlColumn&) const = default;
};
enum class QueryKind : std::uint8_t { one, many, exec };
struct SqlQuery {  // +sql query one|many|exec "SQL"
  QueryKind kind = QueryKind::exec;
  std::string sql;
  bool operator==(const SqlQuery&) const = default;
};
struct Partitions {  // +partitions N
  std::int64_t count = 1;
  bool operator==(const Partitions&) const = default;
};
struct Generated {  // +generated
  bool operator==(const Generated&) const = default;
};
struct Git {  // +git "repo" "commit" [dirty]
  std::string repository;
  std::string commit;
  bool dirty = false;
  bool operator==(const Git&) const = default;
};
struct Fixture {  // +fixture [manual]
  bool manual = false;
  bool operator==(const Fixture&) const = default;
};
struct Transaction {  // +transaction
  bool operator==(const Transaction&) const = default;
};
struct Egress {  // +egress "target", ...; ${name} inside stands for a config of the module
  std::vector<std::string> targets;
  bool operator==(const Egress&) const = default;
};
struct Image {  // +image "name":"digest"
  std::string name;
  std::string digest;
  bool operator==(const Image&) const = default;
};

// The order of the alternatives is the canonical order.
using MetadataValue =
    std::variant<Ingress, Alias, Encoding, Calls, UsesDatabases, UsesSecrets, UsesConfigs, Cron,
                 Publish, Subscribe, Retry, TypeMap, Migration, Artefact, SqlColumn, SqlQuery,
                 Partitions, Generated, Git, Fixture, Transaction, Egress, Image>;

struct Metadata {
  MetadataValue value;
  Comments comments;
  Spot spot;  // of the plus sign
  bool operator==(const Metadata&) const = default;
};

// The word after the plus sign, two where one would be ambiguous: "ingress", "sql query".
std::string_view keyword_of(const MetadataValue& value);

// The first metadata of one kind, or null: `find<Alias>(field.metadata)`.
template <class Kind>
const Kind* find(const std::vector<Metadata>& metadata) {
  for (const Metadata& entry : metadata) {
    if (const Kind* found = std::get_if<Kind>(&entry.value)) return found;
  }
  return nullptr;
}

}  // namespace millrace::schema
