#include "journal/http_wire.hpp"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace millrace::journal::http {

using namespace statekit;

namespace {

constexpr std::size_t entry_head = 8 + 4 + 32;
constexpr std::size_t part_head = 4;

void put_number(Bytes& into, std::uint64_t number, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
    into += static_cast<char>(number >> shift & 0xff);
}

std::uint64_t take_number(BytesView& octets, std::size_t count) {
  std::uint64_t number = 0;
  for (const char each : octets.substr(0, count))
    number = number << 8 | static_cast<std::uint8_t>(each);
  octets.remove_prefix(count);
  return number;
}

tl::unexpected<Error> cut_off(const std::string& what) {
  return fail(Code::invalid_argument, "the frames end within " + what);
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

}  // namespace

Bytes frame_entries(std::span<const Entry> entries) {
  std::size_t size = 0;
  for (const Entry& each : entries) size += entry_head + each.commit.size();
  Bytes out;
  out.reserve(size);
  for (const Entry& each : entries) {
    put_number(out, each.revision, 8);
    put_number(out, each.commit.size(), 4);
    out += to_bytes(each.digest);
    out += each.commit;
  }
  return out;
}

Result<std::vector<Entry>> parse_entries(BytesView octets) {
  std::vector<Entry> entries;
  while (!octets.empty()) {
    if (octets.size() < entry_head) return cut_off("the head of an entry");
    Entry entry;
    entry.revision = take_number(octets, 8);
    const std::size_t size = take_number(octets, 4);
    from_bytes(octets.substr(0, 32), entry.digest);
    octets.remove_prefix(32);
    if (octets.size() < size) return cut_off("revision " + std::to_string(entry.revision));
    entry.commit = octets.substr(0, size);
    octets.remove_prefix(size);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void frame_part(Bytes& into, BytesView part) {
  put_number(into, part.size(), 4);
  into += part;
}

Result<std::vector<Bytes>> parse_parts(BytesView octets) {
  std::vector<Bytes> parts;
  while (!octets.empty()) {
    if (octets.size() < part_head) return cut_off("the length of a part");
    const std::size_t size = take_number(octets, 4);
    if (octets.size() < size) return cut_off("a part");
    parts.emplace_back(octets.substr(0, size));
    octets.remove_prefix(size);
  }
  return parts;
}

std::string head_json(const Head& head, bool filling) {
  nlohmann::ordered_json out;
  out["format"] = protocol_format;
  out["incarnation"] = head.incarnation;
  out["first"] = head.first;
  out["last"] = head.last;
  out["before_first"] = hex(head.before_first);
  out["digest"] = hex(head.digest);
  if (filling) out["filling"] = true;
  return out.dump();
}

bool says_filling(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto found = json.is_object() ? json.find("filling") : json.end();
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

Result<Head> parse_head(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto format = json.is_object() ? number_of(json, "format") : std::nullopt;
  if (!format) return fail(Code::internal, "the answer is no head of a journal");
  if (*format > protocol_format)
    return fail(Code::unimplemented, "the server speaks format " + std::to_string(*format) +
                                         " of the journal protocol, this program " +
                                         std::to_string(protocol_format) + ": upgrade it");
  const auto first = number_of(json, "first"), last = number_of(json, "last");
  const auto before = parse_digest(text_of(json, "before_first"));
  const auto digest = parse_digest(text_of(json, "digest"));
  Head head{text_of(json, "incarnation"), 0, 0, {}, {}};
  if (!first || !last || !before || !digest || head.incarnation.empty() || *first == 0 ||
      *last + 1 < *first)
    return fail(Code::internal, "the answer is no whole head of a journal");
  head.first = *first;
  head.last = *last;
  head.before_first = *before;
  head.digest = *digest;
  return head;
}

std::string etag_of(const Head& head) {
  return '"' + std::to_string(head.last) + '-' + hex(head.digest) + '"';
}

std::optional<EndTag> parse_etag(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto last = parse_number(text.substr(0, dash));
  const auto digest = parse_digest(text.substr(dash + 1));
  if (!last || !digest) return std::nullopt;
  return EndTag{*last, *digest};
}

std::optional<Digest> parse_digest(std::string_view text) {
  if (text.size() != 64) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < digest.octets.size(); ++i) {
    const char* begin = text.data() + 2 * i;
    const auto read = std::from_chars(begin, begin + 2, digest.octets[i], 16);
    if (read.ec != std::errc() || read.ptr != begin + 2) return std::nullopt;
  }
  return digest;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace millrace::journal::http
