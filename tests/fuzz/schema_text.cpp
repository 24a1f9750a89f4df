// Any text gets diagnostics or a schema; what parses is stable under print and can be checked.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/check.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "statekit/result.hpp"

using namespace millrace::schema;
using millrace::statekit::check;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ParseResult parsed = parse(text, "fuzz");
  if (parsed.ok()) {
    const std::string printed = print(parsed.schema);
    const ParseResult again = parse(printed, "fuzz");
    check(again.ok(), "what was printed parses");
    check(again.schema == parsed.schema, "what was printed means the same");
    check(print(again.schema) == printed, "printing is stable");
  }
  resolve(parsed.schema);
  (void)millrace::schema::check(parsed.schema);
  return 0;
}
