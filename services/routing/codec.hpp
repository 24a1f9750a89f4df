// What routing reads from a call's own bytes, and the few it adds. A CallRequest is never decoded
// as a whole nor encoded again: a scan of its fields finds the verb and the metadata that the
// platform knows and passes over the body. Layout: protos/v2alpha1/verb.proto. Pure; hostile bytes
// give Code::invalid_argument. The bytes may lie in several pieces, as they came off the wire.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::routing {

using Pieces = std::span<const std::string_view>;

namespace key {
inline constexpr std::string_view request_id = "millrace-request-id";
inline constexpr std::string_view caller = "millrace-caller";
inline constexpr std::string_view min_revision = "millrace-min-revision";
inline constexpr std::string_view side = "millrace-side";
inline constexpr std::string_view traceparent = "traceparent";
inline constexpr std::string_view reason = "millrace-reason";
}  // namespace key

struct ScanLimits {
  std::size_t name_bytes_max = 256;            // of a module or verb
  std::size_t pairs_max = 128;                 // of metadata
  std::size_t metadata_bytes_max = 64 * 1024;  // of all pairs
  std::size_t callers_max = 64;                // a longer chain is a loop
  std::size_t request_id_bytes_max = 128;
};

// The part of a CallRequest that routing acts on. Of a key that is sent twice the last one counts.
struct CallHead {
  std::string module;
  std::string verb;
  std::string request_id;
  std::string traceparent;
  std::string min_revision;
  std::string side;
  std::vector<std::string> callers;  // outermost first
  bool operator==(const CallHead&) const = default;
};

statekit::Result<CallHead> scan_call(Pieces request, const ScanLimits& limits = {});

// What a CallResponse says: an error of the module's own, or a body.
struct AnswerHead {
  bool error = false;
  std::string code;
  std::string message;
  bool operator==(const AnswerHead&) const = default;
};

statekit::Result<AnswerHead> scan_answer(Pieces response);

// One more MetadataPair of a CallRequest; to be put behind the request's own bytes.
std::string encode_pair(std::string_view key, std::string_view value);

// INCARNATION:REVISION
struct MinRevision {
  std::string incarnation;
  std::uint64_t revision = 0;
  bool operator==(const MinRevision&) const = default;
};
statekit::Result<MinRevision> parse_min_revision(std::string_view text);

// [A-Za-z_][A-Za-z0-9_]*
bool is_ident(std::string_view text);

}  // namespace millrace::routing
