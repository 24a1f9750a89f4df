// KeyProvider: where key-encryption keys are kept. It wraps and unwraps the data key of each
// secret; the keys themselves never leave it. Implemented by the keyring file (seal/keyring.hpp)
// and by tests. Thread safe; may block: called on workers.
#pragma once

#include <string>
#include <vector>

#include "seal/clear_text.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::seal {

using statekit::Bytes;
using statekit::BytesView;

struct Wrapped {
  Bytes key;           // the data key, wrapped
  std::string key_id;  // by which key
};

class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  // The key that wraps at present. FailedPrecondition where there is none.
  virtual statekit::Result<std::string> active() = 0;
  // `bound_to`: what must be the same when it is unwrapped. May make a first key.
  virtual statekit::Result<Wrapped> wrap(const ClearText& data_key, BytesView bound_to) = 0;
  // FailedPrecondition: that key is not there (any more); DataLoss: it is another key, or another
  // thing was wrapped.
  virtual statekit::Result<ClearText> unwrap(const Wrapped& wrapped, BytesView bound_to) = 0;

  // Every key that can still unwrap, the active one first.
  virtual statekit::Result<std::vector<std::string>> keys() = 0;
  // Makes a new active key; its id. Unimplemented where keys are made elsewhere.
  virtual statekit::Result<std::string> add_key() = 0;
  // FailedPrecondition for the active one.
  virtual statekit::Status forget(const std::string& key_id) = 0;

  // "keyring DIR/keyring"
  virtual std::string name() const = 0;
};

}  // namespace millrace::seal
