// A keyring file: key-encryption keys, one a line, the first one active. Mode 0600 and owned by
// this process's user, else it is refused. It is read again when it has changed, so that keys may
// be put into it by hand. Thread safe.
//   # millrace keyring 1
//   key-0123456789 <32 octets in base64>
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "seal/key_provider.hpp"

namespace millrace::seal {

inline constexpr std::size_t keyring_keys_max = 1'000;

struct KeyringOptions {
  std::string path;
  bool make = false;                                // with its first key, when one is first needed
  std::function<void(const std::string&)> on_made;  // told of the path then
};

std::unique_ptr<KeyProvider> open_keyring(KeyringOptions options);

}  // namespace millrace::seal
