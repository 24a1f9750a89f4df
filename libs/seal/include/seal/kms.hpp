// Keys in a KMS: a plugin that speaks Kubernetes' KMS protocol, version 2, on a unix socket of this
// machine. The key-encryption keys never come here; data keys go there to be wrapped, and those
// that came back are kept in memory, so that a module that asks again needs no call. Thread safe;
// each call has a deadline, and after one that found nobody the next ones fail at once for a while.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "seal/key_provider.hpp"

namespace millrace::seal {

// Key ids of a KMS begin so, and those of a keyring never do.
inline constexpr const char* kms_prefix = "kms:";

struct KmsOptions {
  std::string socket;  // "unix:/run/kms.sock"
  std::int64_t call_ms_max = 3'000;
  std::int64_t pause_ms = 1'000;         // after a call that found nobody
  std::size_t cached_keys_max = 10'000;  // data keys; the oldest makes room
  // Of what a plugin answers; Kubernetes has the same limits.
  std::size_t key_id_bytes_max = 1'024;
  std::size_t ciphertext_bytes_max = 1'024;
  std::size_t annotations_bytes_max = 32 * 1'024;
};

// Where a plugin listens, as unix:PATH. InvalidArgument for an address that is no socket's. Pure.
statekit::Result<std::string> kms_socket(const std::string& address);

// `older`: unwraps what was wrapped before there was a KMS; may be null. InvalidArgument for an
// address that is no socket's.
statekit::Result<std::unique_ptr<KeyProvider>> open_kms(KmsOptions options,
                                                        std::unique_ptr<KeyProvider> older);

}  // namespace millrace::seal
