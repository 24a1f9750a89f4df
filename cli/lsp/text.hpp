// Positions in a document: the protocol counts lines from 0 and UTF-16 units, the schema library
// lines from 1 and characters, strings octets. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/place.hpp"

namespace millrace::cli::lsp {

struct Position {
  std::uint32_t line = 0;
  std::uint32_t character = 0;  // UTF-16 units
  bool operator==(const Position&) const = default;
};

struct Range {
  Position start, end;
};

// Where a position is in the text; past the end of its line or of the text: that end.
std::size_t offset_of(std::string_view text, const Position& position);
Position position_at(std::string_view text, std::size_t offset);
// A spot of the schema library. One that was never written (line 0) is the beginning.
Position position_of(std::string_view text, const schema::Spot& spot);
schema::Spot spot_at(std::string_view text, const Position& position);
// From a spot, so many characters.
Range range_of(std::string_view text, const schema::Spot& spot, std::uint32_t length);
// From a spot to the end of the word there, one character at least.
Range word_range(std::string_view text, const schema::Spot& spot);

// file:///a%20b ↔ /a b. What is not saved yet (untitled:Untitled-1) stays as it is; empty for
// another scheme.
std::string path_of(std::string_view uri);
std::string uri_of(std::string_view path);

}  // namespace millrace::cli::lsp
