#include "statekit/types.hpp"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>

#include "statekit/result.hpp"

namespace millrace::statekit {

namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// OpenSSL's one-shot function looks the algorithm up and allocates at each call, which costs more
// than hashing a commit: both are done once here.
EVP_MD_CTX* begin_sha256() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  check(EVP_DigestInit_ex2(context.get(), method, nullptr) == 1, "OpenSSL offers SHA-256");
  return context.get();
}

}  // namespace

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
  EVP_MD_CTX* const context = begin_sha256();
  EVP_DigestUpdate(context, bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context, digest.octets.data(), nullptr);
  return digest;
}

}  // namespace millrace::statekit
