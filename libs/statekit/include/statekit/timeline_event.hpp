// What services tell the timeline, and what the timeline keeps: plain values that mirror
// protos/v2alpha1/timeline.proto. Made by routing, ingress and the timeline's own follower; sent by
// statekit/io/timeline_publisher.hpp. Values, free of threads; times in milliseconds since 1970,
// durations in microseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

struct CallEvent {
  std::string module;
  std::string verb;
  std::vector<std::string> callers;  // module.verb, outermost first
  std::string deployment;
  std::string endpoint;
  std::int64_t duration_us = 0;
  std::string outcome;  // "ok", "error" (the module's own), or a reason of RoutingService
  std::string error;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool operator==(const CallEvent&) const = default;
};

struct IngressEvent {
  std::string method;
  std::string route;   // the pattern of the route; empty where none matched
  std::string path;    // as requested, without the query
  std::string module;  // of the verb; empty where no route matched
  std::string verb;
  std::uint32_t status = 0;
  std::int64_t duration_us = 0;
  std::string error;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool operator==(const IngressEvent&) const = default;
};

enum class LineLevel : std::uint8_t { unspecified = 0, debug, info, warn, error };

struct LogEvent {
  LineLevel level = LineLevel::unspecified;
  std::string source;  // the service or module whose line it is
  std::string deployment;
  std::string message;
  std::map<std::string, std::string> fields;
  bool operator==(const LogEvent&) const = default;
};

struct ChangesetEvent {
  std::string changeset;
  std::string phase;
  std::vector<std::string> modules;
  std::string reason;
  std::string author;
  Revision revision = 0;
  bool operator==(const ChangesetEvent&) const = default;
};

struct DeploymentEvent {
  std::string deployment;
  std::string module;
  std::string what;  // "created", "canonical", "draining", "endpoint-registered", ...
  std::string endpoint;
  Revision revision = 0;
  bool operator==(const DeploymentEvent&) const = default;
};

struct TimelineEvent {
  std::uint64_t id = 0;  // given by the timeline: 1, 2, 3, ... in the order of arrival
  WallMs time_ms = 0;
  std::string request_id;
  std::string traceparent;
  std::variant<CallEvent, IngressEvent, LogEvent, ChangesetEvent, DeploymentEvent> what;
  bool operator==(const TimelineEvent&) const = default;
};

// "call", "ingress", "log", "changeset" or "deployment".
std::string_view type_of(const TimelineEvent& event);
// Roughly what it takes in memory, in bytes: what bounded queues and rings count.
std::size_t size_of(const TimelineEvent& event);

}  // namespace millrace::statekit
