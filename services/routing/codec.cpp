#include "services/routing/codec.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "statekit/utf8.hpp"

namespace millrace::routing {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

// Protobuf's wire types. Groups (3, 4) are not part of proto3 and are refused.
enum Wire : std::uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct Tag {
  std::uint32_t field = 0;
  std::uint32_t wire = 0;
};

// Reads on over the borders of the pieces. Every read is checked against what is left.
class Cursor {
 public:
  explicit Cursor(Pieces pieces) : pieces_(pieces) {
    for (const std::string_view piece : pieces) left_ += piece.size();
  }

  bool done() const { return left_ == 0; }

  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (left_ == 0) return std::nullopt;
      const std::uint8_t octet = next();
      if (shift == 63 && octet > 1) return std::nullopt;
      value |= std::uint64_t{octet & 0x7FU} << shift;
      if (octet < 0x80) return value;
    }
    return std::nullopt;
  }

  std::optional<Tag> tag() {
    const std::optional<std::uint64_t> value = number();
    if (!value || *value > 0xFFFFFFFFU || *value >> 3 == 0) return std::nullopt;
    return Tag{static_cast<std::uint32_t>(*value >> 3), static_cast<std::uint32_t>(*value & 7)};
  }

  // The length of a length-delimited field, when that much is left.
  std::optional<std::size_t> length() {
    const std::optional<std::uint64_t> value = number();
    if (!value || *value > left_) return std::nullopt;
    return static_cast<std::size_t>(*value);
  }

  bool skip(std::size_t count) {
    if (count > left_) return false;
    left_ -= count;
    while (count > 0) {
      const std::size_t here = std::min(count, pieces_[piece_].size() - at_);
      at_ += here;
      count -= here;
      if (count > 0) step();
    }
    return true;
  }

  // REQUIRES: count came from length().
  std::string copy(std::size_t count) {
    std::string out;
    out.reserve(count);
    left_ -= count;
    while (count > 0) {
      const std::size_t here = std::min(count, pieces_[piece_].size() - at_);
      out.append(pieces_[piece_].substr(at_, here));
      at_ += here;
      count -= here;
      if (count > 0) step();
    }
    return out;
  }

  // Passes over a field's value.
  bool skip(const Tag& tag) {
    switch (tag.wire) {
      case varint: return number().has_value();
      case fixed64: return skip(8);
      case fixed32: return skip(4);
      case bytes: {
        const std::optional<std::size_t> size = length();
        return size && skip(*size);
      }
      default: return false;
    }
  }

 private:
  std::uint8_t next() {
    while (at_ == pieces_[piece_].size()) step();
    --left_;
    return static_cast<std::uint8_t>(pieces_[piece_][at_++]);
  }
  void step() {
    ++piece_;
    at_ = 0;
  }

  Pieces pieces_;
  std::size_t piece_ = 0;
  std::size_t at_ = 0;
  std::size_t left_ = 0;
};

tl::unexpected<statekit::Error> malformed(const char* what) {
  return fail(Code::invalid_argument, std::string("reading a call: the bytes are no ") + what +
                                          "; send a message of millrace.v2alpha1");
}

// Calls `take(field, size)` for each length-delimited field with a number below 8; `take` reads it
// or says no. Everything else is passed over, as protobuf does with fields that it does not know.
template <class Take>
Status each_field(Cursor& cursor, const char* what, const Take& take) {
  while (!cursor.done()) {
    const std::optional<Tag> tag = cursor.tag();
    if (!tag) return malformed(what);
    if (tag->wire != bytes || tag->field >= 8) {
      if (!cursor.skip(*tag)) return malformed(what);
      continue;
    }
    const std::optional<std::size_t> size = cursor.length();
    if (!size) return malformed(what);
    if (Status taken = take(tag->field, *size); !taken) return taken;
  }
  return {};
}

// Two strings, fields 1 and 2: a Ref, a MetadataPair, or the first two of a CallError.
Status read_two(const std::string& message, const char* what, std::string& first,
                std::string& second) {
  const std::string_view piece = message;
  Cursor cursor(Pieces(&piece, 1));
  return each_field(cursor, what, [&](std::uint32_t field, std::size_t size) -> Status {
    if (field > 2) {
      cursor.skip(size);
      return {};
    }
    std::string& target = field == 1 ? first : second;
    target = cursor.copy(size);
    if (!statekit::is_utf8(target)) return malformed(what);
    return {};
  });
}

Status too_much(const std::string& what, std::size_t max) {
  return fail(Code::invalid_argument, "reading a call: " + what + " than " + std::to_string(max));
}

Status take_pair(std::string name, std::string value, const ScanLimits& limits, CallHead& head) {
  if (name == key::request_id) {
    if (value.size() > limits.request_id_bytes_max)
      return too_much("the request id has more octets", limits.request_id_bytes_max);
    head.request_id = std::move(value);
  } else if (name == key::traceparent) {
    head.traceparent = std::move(value);
  } else if (name == key::min_revision) {
    head.min_revision = std::move(value);
  } else if (name == key::side) {
    head.side = std::move(value);
  } else if (name == key::caller) {
    if (head.callers.size() == limits.callers_max)
      return too_much("the chain of callers is longer (is there a loop?)", limits.callers_max);
    head.callers.push_back(std::move(value));
  }
  return {};
}

Status check_names(const CallHead& head) {
  if (is_ident(head.module) && is_ident(head.verb)) return {};
  if (head.module.empty() && head.verb.empty())
    return fail(Code::invalid_argument, "reading a call: it names no verb; set `verb`");
  return fail(Code::invalid_argument, "reading a call: \"" + head.module + "." + head.verb +
                                          "\" is no name of a verb; write module.verb");
}

}  // namespace

bool is_ident(std::string_view text) {
  const auto letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  const auto part = [&](char c) { return letter(c) || c == '_' || (c >= '0' && c <= '9'); };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), part);
}

Result<CallHead> scan_call(Pieces request, const ScanLimits& limits) {
  CallHead head;
  std::size_t pairs = 0;
  std::size_t pair_bytes = 0;
  Cursor cursor(request);
  const auto take = [&](std::uint32_t field, std::size_t size) -> Status {
    if (field == 1) {
      if (size > 2 * limits.name_bytes_max + 64)
        return too_much("the verb's name has more octets", limits.name_bytes_max);
      return read_two(cursor.copy(size), "CallRequest", head.module, head.verb);
    }
    if (field != 3) return cursor.skip(size) ? Status{} : malformed("CallRequest");
    if (++pairs > limits.pairs_max) return too_much("it has more metadata", limits.pairs_max);
    pair_bytes += size;
    if (pair_bytes > limits.metadata_bytes_max)
      return too_much("its metadata has more octets", limits.metadata_bytes_max);
    std::string name;
    std::string value;
    if (Status read = read_two(cursor.copy(size), "CallRequest", name, value); !read) return read;
    return take_pair(std::move(name), std::move(value), limits, head);
  };
  if (Status read = each_field(cursor, "CallRequest", take); !read) return fail(read.error());
  if (Status names = check_names(head); !names) return fail(names.error());
  return head;
}

Result<AnswerHead> scan_answer(Pieces response) {
  constexpr std::size_t error_bytes_max = 64 * 1024;  // read for its code; passed on at any size
  AnswerHead head;
  Cursor cursor(response);
  const auto take = [&](std::uint32_t field, std::size_t size) -> Status {
    if (field == 1) head = AnswerHead{};  // of a oneof the last one sent counts
    if (field == 2) head.error = true;
    if (field != 2 || size > error_bytes_max)
      return cursor.skip(size) ? Status{} : malformed("CallResponse");
    return read_two(cursor.copy(size), "CallResponse", head.code, head.message);
  };
  if (Status read = each_field(cursor, "CallResponse", take); !read) return fail(read.error());
  return head;
}

namespace {

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_text(std::string& out, char tag, std::string_view text) {
  out += tag;
  put_number(out, text.size());
  out += text;
}

}  // namespace

std::string encode_pair(std::string_view key, std::string_view value) {
  constexpr char field_1 = 0x0A;  // number << 3 | length-delimited
  constexpr char field_2 = 0x12;
  constexpr char field_3 = 0x1A;
  std::string pair;
  put_text(pair, field_1, key);
  put_text(pair, field_2, value);
  std::string out;
  put_text(out, field_3, pair);
  return out;
}

Result<MinRevision> parse_min_revision(std::string_view text) {
  const std::size_t colon = text.find(':');
  MinRevision out;
  if (colon != std::string_view::npos && colon > 0 && colon + 1 < text.size()) {
    out.incarnation = text.substr(0, colon);
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + colon + 1, end, out.revision);
    if (error == std::errc{} && at == end) return out;
  }
  return fail(Code::invalid_argument,
              "millrace-min-revision is INCARNATION:REVISION, as a write answers with; not \"" +
                  statekit::shortened(text, 80) + "\"");
}

}  // namespace millrace::routing
