#include "schema/metadata.hpp"

#include <array>

namespace millrace::schema {

std::string_view keyword_of(const MetadataValue& value) {
  static constexpr std::array<std::string_view, std::variant_size_v<MetadataValue>> words = {
      "ingress",   "alias",    "encoding",    "calls",     "database",   "secrets",
      "config",    "cron",     "publish",     "subscribe", "retry",      "typemap",
      "migration", "artefact", "sql column",  "sql query", "partitions", "generated",
      "git",       "fixture",  "transaction", "egress",    "image"};
  return words.at(value.index());
}

}  // namespace millrace::schema
