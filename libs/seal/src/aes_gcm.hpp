// AES-256-GCM in one piece: nonce (12 octets, random), ciphertext, tag (16 octets). Private to this
// library; thread safe.
#pragma once

#include <optional>

#include "seal/clear_text.hpp"
#include "statekit/types.hpp"

namespace millrace::seal {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t nonce_bytes = 12;
inline constexpr std::size_t tag_bytes = 16;

// From the system's generator; stops the process where that fails, since nothing is safe then.
std::string random_octets(std::size_t count);

// REQUIRES: a key of key_bytes.
statekit::Bytes encrypt(const ClearText& key, std::string_view aad, std::string_view clear);
// None: another key, other additional data, or damage.
std::optional<ClearText> decrypt(const ClearText& key, std::string_view aad,
                                 statekit::BytesView box);

}  // namespace millrace::seal
