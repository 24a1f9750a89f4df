// Any bytes are refused as a commit, or are read, written again and read as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "statekit/envelope.hpp"

using namespace millrace::statekit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<Envelope> envelope = decode_envelope(bytes);
  const Result<Digest> digest = chain(Digest{}, 1, bytes);
  check(envelope.has_value() == digest.has_value(), "what can be read can be hashed");
  if (!envelope) return 0;
  const Result<Envelope> again = decode_envelope(encode(*envelope));
  check(again.has_value() && *again == *envelope, "an envelope is read as it was written");
  check(chain(Digest{}, 1, *again) == *digest, "its digest does not hang on its layout");
  return 0;
}
