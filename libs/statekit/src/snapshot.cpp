#include "statekit/snapshot.hpp"

#include <charconv>
#include <string>

namespace millrace::statekit {
namespace {

constexpr BytesView magic = "millrace-snapshot 1\n";
constexpr std::size_t digest_digits = 64;

// Takes "name value\n" off the front of `rest`.
bool take_line(BytesView& rest, BytesView name, BytesView& value) {
  const std::size_t end = rest.find('\n');
  if (end == BytesView::npos || !rest.starts_with(name) || name.size() >= end) return false;
  if (rest[name.size()] != ' ') return false;
  value = rest.substr(name.size() + 1, end - name.size() - 1);
  rest.remove_prefix(end + 1);
  return true;
}

template <class Number>
bool parse(BytesView text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_hex(BytesView text, Digest& digest) {
  if (text.size() != digest_digits) return false;
  for (std::size_t i = 0; i < digest.octets.size(); ++i) {
    const BytesView pair = text.substr(2 * i, 2);
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + 2, digest.octets[i], 16);
    if (error != std::errc() || end != pair.data() + 2) return false;
  }
  return true;
}

}  // namespace

Bytes encode(const SnapshotHeader& header) {
  return Bytes(magic) + "incarnation " + header.position.incarnation + "\nrevision " +
         std::to_string(header.position.revision) + "\ndigest " + hex(header.position.digest) +
         "\ntime_ms " + std::to_string(header.time_ms) + "\n";
}

Result<SnapshotHeader> decode_snapshot_header(BytesView part) {
  if (!part.starts_with(magic)) {
    if (part.starts_with("millrace-snapshot "))
      return fail(Code::unimplemented,
                  "a snapshot in a format that this version does not know: use a newer one");
    return fail(Code::data_loss, "this is no snapshot: its header is missing");
  }
  part.remove_prefix(magic.size());
  SnapshotHeader header;
  BytesView incarnation, revision, digest, time;
  if (!take_line(part, "incarnation", incarnation) || !take_line(part, "revision", revision) ||
      !take_line(part, "digest", digest) || !take_line(part, "time_ms", time) || !part.empty() ||
      !parse(revision, header.position.revision) || !parse_hex(digest, header.position.digest) ||
      !parse(time, header.time_ms))
    return fail(Code::data_loss, "a snapshot's header is malformed");
  header.position.incarnation = incarnation;
  return header;
}

std::size_t SnapshotParts::bytes() const {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part->size();
  return sum;
}

}  // namespace millrace::statekit
