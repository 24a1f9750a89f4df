// Modules whose verbs have routes, and the plain truth about which route answers a request: all of
// them tried one by one. Shares no code with RouteTable. Values, free of threads.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/model.hpp"
#include "schema/route.hpp"

namespace millrace::test {

inline schema::Verb verb_at(const std::string& name, const std::string& method,
                            const std::string& path) {
  schema::Verb verb;
  verb.name = name;
  verb.metadata.push_back({schema::Ingress{method, path}, {}, {}});
  return verb;
}

struct PlainMatch {
  std::string module;
  std::string verb;
  bool operator==(const PlainMatch&) const = default;
};

// None: no route matches. REQUIRES: of any two that match, one is more specific.
inline std::optional<PlainMatch> plain_match(const std::vector<const schema::Module*>& modules,
                                             const std::string& method,
                                             const std::vector<std::string>& segments) {
  std::optional<PlainMatch> best;
  schema::RoutePattern best_pattern;
  for (const schema::Module* module : modules) {
    for (const schema::IngressVerb& each : schema::ingress_verbs(*module)) {
      const auto pattern = schema::parse_route(each.ingress->method, each.ingress->path);
      if (!pattern || !schema::matches(*pattern, method, segments)) continue;
      const bool better =
          !best || schema::compare(*pattern, best_pattern) == schema::RouteOrder::first_wins;
      if (better) {
        best = PlainMatch{module->name, each.verb->name};
        best_pattern = *pattern;
      }
    }
  }
  return best;
}

}  // namespace millrace::test
