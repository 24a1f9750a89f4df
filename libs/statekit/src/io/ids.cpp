#include "statekit/io/ids.hpp"

#include <cstdint>
#include <string_view>

#include <openssl/rand.h>

#include "statekit/result.hpp"

namespace millrace::statekit {
namespace {

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count, '\0');
  const int drawn =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  check(drawn == 1, "the system's random generator works");
  return bytes;
}

}  // namespace

std::string random_hex(std::size_t octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char octet : random_bytes(octets)) {
    text += digits[static_cast<unsigned char>(octet) >> 4];
    text += digits[static_cast<unsigned char>(octet) & 0xf];
  }
  return text;
}

Incarnation random_incarnation() { return random_hex(16); }

std::string random_base36(std::size_t count) {
  static constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  // Octets from 252 on are drawn again, so that each digit is equally likely.
  constexpr unsigned char fair = 252;
  std::string text;
  while (text.size() < count)
    for (const char octet : random_bytes(count - text.size())) {
      const auto number = static_cast<unsigned char>(octet);
      if (number < fair) text += digits[number % digits.size()];
    }
  return text;
}

std::string random_request_id() { return "req-" + random_base36(20); }

double random_fraction() {
  std::uint64_t number = 0;
  for (const char octet : random_bytes(6)) number = number << 8 | static_cast<unsigned char>(octet);
  return static_cast<double>(number) / static_cast<double>(std::uint64_t{1} << 48);
}

}  // namespace millrace::statekit
