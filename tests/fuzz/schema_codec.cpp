// Any bytes get an error or a module, and a module's own bytes give it back. A module from the wire
// may hold names that no text has: printing, resolving and checking it must bear that.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/check.hpp"
#include "schema/codec.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

using namespace millrace::schema;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto module = decode_module({reinterpret_cast<const char*>(data), size});
  if (!module) return 0;
  const auto again = decode_module(encode(*module));
  // A NaN, which only the wire can bring, equals nothing: compare the bytes.
  millrace::statekit::check(again.has_value() && encode(*again) == encode(*module),
                            "a module comes back from its bytes");
  Schema schema;
  schema.modules.push_back(*std::move(module));
  resolve(schema);
  (void)check(schema);
  (void)print(schema);
  (void)module_digest(schema.modules.front());
  return 0;
}
