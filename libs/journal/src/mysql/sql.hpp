// A statement as it is put together: our own words, which are literals in the source, and values,
// which can only ever be values. Used by the driver's files. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "statekit/types.hpp"

namespace millrace::journal::mysql {

class Sql {
 public:
  struct Piece {
    bool value = false;  // to be escaped and quoted by whoever sends it
    statekit::Bytes octets;
  };

  // Words: only what stands in the source as a literal can become one.
  template <std::size_t size>
  explicit Sql(const char (&words)[size]) : pieces_{{false, words}} {}
  template <std::size_t size>
  Sql& operator<<(const char (&words)[size]) {
    pieces_.push_back({false, words});
    return *this;
  }
  // Values.
  Sql& operator<<(statekit::BytesView value) {
    pieces_.push_back({true, statekit::Bytes(value)});
    return *this;
  }
  Sql& operator<<(const statekit::Digest& value) { return *this << statekit::to_bytes(value); }
  Sql& operator<<(std::uint64_t number) {
    pieces_.push_back({false, std::to_string(number)});
    return *this;
  }

  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
};

}  // namespace millrace::journal::mysql
