// Which headers pass between the outside and a verb, and the ones that ingress itself reads:
// request ids, trace contexts, revisions. Pure functions over values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::ingress {

using httpkit::Header;

namespace name {
inline constexpr std::string_view request_id = "millrace-request-id";
inline constexpr std::string_view common_request_id = "x-request-id";
inline constexpr std::string_view traceparent = "traceparent";
inline constexpr std::string_view min_revision = "millrace-min-revision";
inline constexpr std::string_view side = "millrace-side";
}  // namespace name

// By lower-case name, values in the order in which they came: builtin.HttpRequest.headers.
using HeaderMap = std::map<std::string, std::vector<std::string>>;

// What a verb sees: without the headers of one hop (RFC 9110, section 7.6.1) and without those that
// only the platform may set. A value that is no UTF-8 is read as Latin-1.
HeaderMap headers_for_verb(const std::vector<Header>& headers);

// What the outside sees of a verb's headers. An error names what no HTTP answer can hold.
statekit::Result<std::vector<Header>> headers_for_client(const HeaderMap& headers);

// The caller's own id where it is fit for logs: up to 128 letters, digits and -._:~/+=
std::optional<std::string> request_id_of(const std::vector<Header>& headers);

// A W3C trace context that is well formed; anything else is none.
std::optional<std::string> traceparent_of(const std::vector<Header>& headers);
// 00-<32 hex digits>-<16 hex digits>-01
std::string new_traceparent(const std::string& trace_id, const std::string& span_id);

// INCARNATION:REVISION, as every write answers it.
struct MinRevision {
  statekit::Incarnation incarnation;
  statekit::Revision revision = 0;
  bool operator==(const MinRevision&) const = default;
};
// nullopt: not asked for. An error: malformed.
statekit::Result<std::optional<MinRevision>> min_revision_of(const std::vector<Header>& headers);

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type);
// application/json and whatever ends in +json.
bool is_json(std::string_view media_type);
// The charset parameter in lower case; empty: not given.
std::string charset_of(std::string_view content_type);

}  // namespace millrace::ingress
