#include "statekit/envelope.hpp"

#include <optional>

namespace millrace::statekit {
namespace {

// Protobuf wire: key = field << 3 | 2 (length-delimited), varint length, octets.
constexpr char header_key = 0x0a;  // Commit.header = 1
constexpr char slot_key = 0x12;    // Commit.events = 2
constexpr char event_key = 0x0a;   // EventSlot.event = 1
constexpr char hash_key = 0x12;    // EventSlot.hash = 2

void put_field(Bytes& out, char key, BytesView octets) {
  out += key;
  std::size_t length = octets.size();
  for (; length >= 0x80; length >>= 7) out += static_cast<char>((length & 0x7f) | 0x80);
  out += static_cast<char>(length);
  out += octets;
}

struct Field {
  char key;
  BytesView octets;
};

// Takes the next field off the front of `rest`.
std::optional<Field> take_field(BytesView& rest) {
  const char key = rest.front();
  std::size_t length = 0;
  std::size_t at = 1;
  for (int shift = 0;; shift += 7, ++at) {
    if (at >= rest.size() || shift > 28) return std::nullopt;
    const auto octet = static_cast<unsigned char>(rest[at]);
    length |= static_cast<std::size_t>(octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  ++at;
  if (length > rest.size() - at) return std::nullopt;
  const Field field{key, rest.substr(at, length)};
  rest.remove_prefix(at + length);
  return field;
}

Result<EnvelopeEvent> decode_slot(BytesView slot) {
  if (slot.empty()) return fail(Code::data_loss, "a commit envelope has an empty event slot");
  const std::optional<Field> field = take_field(slot);
  if (!field || !slot.empty())
    return fail(Code::data_loss, "a commit envelope has a malformed event slot");
  EnvelopeEvent event;
  if (field->key == event_key) {
    event.bytes = field->octets;
    return event;
  }
  event.hidden = true;
  if (field->key != hash_key || !from_bytes(field->octets, event.hash))
    return fail(Code::data_loss, "a commit envelope has an event slot of an unknown kind");
  return event;
}

Bytes big_endian(Revision revision) {
  Bytes out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[7 - i] = static_cast<char>(revision >> (8 * i));
  return out;
}

}  // namespace

Bytes encode(const Envelope& envelope) {
  Bytes out;
  put_field(out, header_key, envelope.header);
  for (const EnvelopeEvent& event : envelope.events) {
    Bytes slot;
    if (event.hidden)
      put_field(slot, hash_key, to_bytes(event.hash));
    else
      put_field(slot, event_key, event.bytes);
    put_field(out, slot_key, slot);
  }
  return out;
}

Result<Envelope> decode_envelope(BytesView commit) {
  Envelope envelope;
  if (commit.empty() || commit.front() != header_key)
    return fail(Code::data_loss, "a commit envelope does not begin with its header");
  envelope.header = {};
  bool first = true;
  while (!commit.empty()) {
    const std::optional<Field> field = take_field(commit);
    if (!field) return fail(Code::data_loss, "a commit envelope is cut off or malformed");
    if (first) {
      envelope.header = field->octets;
      first = false;
      continue;
    }
    if (field->key != slot_key)
      return fail(Code::data_loss, "a commit envelope has a field of an unknown kind");
    Result<EnvelopeEvent> event = decode_slot(field->octets);
    if (!event) return fail(std::move(event.error()));
    envelope.events.push_back(std::move(*event));
  }
  return envelope;
}

Digest chain(const Digest& previous, Revision revision, const Envelope& envelope) {
  Bytes input = to_bytes(previous) + big_endian(revision) + to_bytes(sha256(envelope.header));
  for (const EnvelopeEvent& event : envelope.events)
    input += to_bytes(event.hidden ? event.hash : sha256(event.bytes));
  return sha256(input);
}

Result<Digest> chain(const Digest& previous, Revision revision, BytesView commit) {
  Result<Envelope> envelope = decode_envelope(commit);
  if (!envelope) return fail(std::move(envelope.error()));
  return chain(previous, revision, *envelope);
}

}  // namespace millrace::statekit
