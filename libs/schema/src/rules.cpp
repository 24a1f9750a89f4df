#include "schema/check.hpp"

namespace millrace::schema {

const std::vector<std::string_view>& rule_names() {
  static const std::vector<std::string_view> names = {"syntax",          "invalid-name",
                                                      "reserved-name",   "duplicate-module",
                                                      "duplicate-realm", "duplicate-decl",
                                                      "duplicate-field", "duplicate-variant",
                                                      "duplicate-alias", "duplicate-metadata",
                                                      "unknown-ref",     "wrong-kind",
                                                      "not-exported",    "hidden-type",
                                                      "type-params",     "recursive-type",
                                                      "import-cycle",    "metadata-place",
                                                      "enum-value",      "map-key",
                                                      "ingress-request", "ingress-response",
                                                      "ingress-path",    "ingress-body",
                                                      "ingress-query",   "ingress-overlap",
                                                      "cron-expression", "cron-verb",
                                                      "retry",           "subscribe",
                                                      "topic-name",      "partitions",
                                                      "dead-letter",     "egress"};
  return names;
}

}  // namespace millrace::schema
