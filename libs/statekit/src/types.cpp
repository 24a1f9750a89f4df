#include "statekit/types.hpp"

#include <algorithm>

#include <openssl/sha.h>

namespace millrace::statekit {

std::string hex(const Digest& digest) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(digest.octets.size() * 2);
  for (const std::uint8_t octet : digest.octets) {
    text += digits[octet >> 4];
    text += digits[octet & 0xf];
  }
  return text;
}

Bytes to_bytes(const Digest& digest) { return {digest.octets.begin(), digest.octets.end()}; }

bool from_bytes(BytesView bytes, Digest& digest) {
  if (bytes.size() != digest.octets.size()) return false;
  std::copy(bytes.begin(), bytes.end(), digest.octets.begin());
  return true;
}

Digest sha256(BytesView bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.octets.data());
  return digest;
}

}  // namespace millrace::statekit
