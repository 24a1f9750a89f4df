// What the journal protocol puts on the wire (docs/http-journal.md): frames of entries and of
// snapshot parts, the head as JSON and as an ETag. Called by the http driver, by the server of the
// protocol and by its conformance cases. Pure functions; hostile octets give an Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/journal.hpp"

namespace millrace::journal::http {

inline constexpr int protocol_format = 1;  // `format` of a head
inline constexpr std::size_t read_entries_max = 1'000;
inline constexpr std::size_t read_bytes_max = std::size_t{4} << 20;  // but one entry always fits
inline constexpr std::size_t snapshot_bytes_max = std::size_t{4} << 20;  // of parts in one message
inline constexpr std::int64_t wait_ms_max = 20'000;
inline constexpr std::size_t upload_bytes_max = 64;  // of an upload's name

// revision (8 octets), length (4), digest (32), the commit; numbers have the high octet first.
statekit::Bytes frame_entries(std::span<const statekit::Entry> entries);
statekit::Result<std::vector<statekit::Entry>> parse_entries(statekit::BytesView octets);

// length (4 octets), the part.
void frame_part(statekit::Bytes& into, statekit::BytesView part);
statekit::Result<std::vector<statekit::Bytes>> parse_parts(statekit::BytesView octets);

// `filling` is in it where it is so.
std::string head_json(const statekit::Head& head, bool filling = false);
bool says_filling(std::string_view json);
// Unimplemented for a newer format.
statekit::Result<statekit::Head> parse_head(std::string_view json);

// "LAST-DIGEST" with its quotes: names the journal up to its end.
std::string etag_of(const statekit::Head& head);
struct EndTag {
  statekit::Revision last = 0;
  statekit::Digest digest;
};
std::optional<EndTag> parse_etag(std::string_view text);

std::optional<statekit::Digest> parse_digest(std::string_view hex);
std::optional<std::uint64_t> parse_number(std::string_view text);  // digits only

}  // namespace millrace::journal::http
