// Sealing: a value is encrypted with a data key of its own (AES-256-GCM), that key is wrapped by a
// key provider, and both are bound to where the value belongs, so that a value that was moved does
// not open. Called by the schema service alone. Thread safe; may block on the provider.
#pragma once

#include <string>

#include "seal/key_provider.hpp"

namespace millrace::seal {

// Where a value belongs.
struct Place {
  std::string workspace;
  std::string module;
  std::string name;
};

struct Sealed {
  Bytes id;   // 16 random octets, of this value alone
  Bytes box;  // nonce, ciphertext, tag
  Wrapped key;
  std::string fingerprint;  // of the box: 16 hex digits
};

statekit::Result<Sealed> seal(KeyProvider& keys, const Place& place, const ClearText& value);
// FailedPrecondition: its key is not there; DataLoss: it is not of this place, or damaged.
statekit::Result<ClearText> open(KeyProvider& keys, const Place& place, const Sealed& sealed);
// Whether its key is there and still unwraps it; errors as of `open`.
statekit::Status unwraps(KeyProvider& keys, const Bytes& id, const Wrapped& key);
// The same data key under the active key.
statekit::Result<Wrapped> rewrap(KeyProvider& keys, const Bytes& id, const Wrapped& key);

}  // namespace millrace::seal
