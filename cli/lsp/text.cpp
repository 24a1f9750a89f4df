#include "cli/lsp/text.hpp"

#include <algorithm>

namespace millrace::cli::lsp {

namespace {

// Octets of the character at an offset; what is no UTF-8 counts one by one.
std::size_t octets_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  return end - at;
}

std::uint32_t units_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]) >= 0xf0 ? 2 : 1;
}

std::size_t line_start(std::string_view text, std::uint32_t line) {
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < line; ++i) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return at;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t offset_of_spot(std::string_view text, const schema::Spot& spot) {
  if (spot.line == 0) return 0;
  std::size_t at = line_start(text, spot.line - 1);
  for (std::uint32_t column = 1; column < spot.column; ++column) {
    if (at >= text.size() || text[at] == '\n') break;
    at += octets_at(text, at);
  }
  return at;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::size_t offset_of(std::string_view text, const Position& position) {
  std::size_t at = line_start(text, position.line);
  std::uint32_t units = 0;
  while (at < text.size() && text[at] != '\n' && units < position.character) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') break;
    units += units_at(text, at);
    at += octets_at(text, at);
  }
  return at;
}

Position position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  Position out;
  out.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start = before.rfind('\n');
  for (std::size_t at = start == before.npos ? 0 : start + 1; at < before.size();
       at += octets_at(before, at)) {
    out.character += units_at(before, at);
  }
  return out;
}

Position position_of(std::string_view text, const schema::Spot& spot) {
  return position_at(text, offset_of_spot(text, spot));
}

schema::Spot spot_at(std::string_view text, const Position& position) {
  const std::size_t offset = offset_of(text, position);
  schema::Spot out{position.line + 1, 1};
  const std::size_t start = text.substr(0, offset).rfind('\n');
  for (std::size_t at = start == text.npos ? 0 : start + 1; at < offset;
       at += octets_at(text, at)) {
    ++out.column;
  }
  return out;
}

Range range_of(std::string_view text, const schema::Spot& spot, std::uint32_t length) {
  return {position_of(text, spot), position_of(text, {spot.line, spot.column + length})};
}

Range word_range(std::string_view text, const schema::Spot& spot) {
  const std::size_t start = offset_of_spot(text, spot);
  std::size_t end = start;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == start && end < text.size() && text[end] != '\n') end += octets_at(text, end);
  return {position_at(text, start), position_at(text, end)};
}

namespace {
constexpr std::string_view untitled = "untitled:";  // what an editor has not saved yet
}

std::string path_of(std::string_view uri) {
  static constexpr std::string_view scheme = "file://";
  if (uri.starts_with(untitled)) return std::string(uri);
  if (!uri.starts_with(scheme)) return {};
  uri.remove_prefix(scheme.size());
  std::string path;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const bool escaped = uri[i] == '%' && i + 2 < uri.size() && hex_value(uri[i + 1]) >= 0 &&
                         hex_value(uri[i + 2]) >= 0;
    if (escaped) {
      path += static_cast<char>(hex_value(uri[i + 1]) * 16 + hex_value(uri[i + 2]));
      i += 2;
    } else {
      path += uri[i];
    }
  }
  return path;
}

std::string uri_of(std::string_view path) {
  static constexpr std::string_view plain = "/-._~";
  static constexpr char digits[] = "0123456789ABCDEF";
  if (path.starts_with(untitled)) return std::string(path);
  std::string uri = "file://";
  for (const char c : path) {
    if (is_word(c) || plain.find(c) != plain.npos) {
      uri += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      uri += {'%', digits[octet >> 4], digits[octet & 0xf]};
    }
  }
  return uri;
}

}  // namespace millrace::cli::lsp
