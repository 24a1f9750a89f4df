// A keyring file: key-encryption keys, one a line, the first one active. Mode 0600 and owned by
// this process's user, else it is refused. It is read again when it has changed, so that keys may
// be put into it by hand. Several processes may change one file: each change holds PATH.lock, which
// stays there. Thread safe.
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
  bool make = false;  // with its first key, when something is first wrapped
  std::function<void(const std::string&)> on_made = {};  // told of the path then
  // Asked before: whether nothing is wrapped by keys that the file would have had, else what is. A
  // new keyring in the place of a lost one would hide the loss. None: nothing can be.
  std::function<statekit::Status()> may_make = {};
};

std::unique_ptr<KeyProvider> open_keyring(KeyringOptions options);

}  // namespace millrace::seal
