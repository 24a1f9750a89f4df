// Any bytes as a settings file get faults or settings, and what is shown is read again as the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "settings/settings.hpp"
#include "statekit/result.hpp"

using namespace millrace::settings;
using millrace::statekit::check;

namespace {

struct Sample {
  std::string data = ".millrace";
  std::string listen = "127.0.0.1:8893";
  std::string level = "info";
  std::int64_t calls_max = 1'000;
  std::int64_t timeout_ms = 10'000;
  bool trace = false;
  std::vector<std::string> peers;
};

void describe(Fields& fields, Sample& sample) {
  fields.text("data", sample.data, "where state is kept");
  fields.address("routing.listen", sample.listen, "where callers connect");
  fields.choice("log.level", sample.level, {"debug", "info"}, "what is logged");
  fields.integer("routing.calls_max", sample.calls_max, 1, 100'000, "calls in flight");
  fields.duration("routing.timeout", sample.timeout_ms, 100, 60'000, "of a call");
  fields.boolean("routing.trace", sample.trace, "log each call");
  fields.list("routing.peers", sample.peers, "addresses to follow");
  fields.foreign("ingress");
}

// A file without a folder: its path holds for this process.
std::string path_of(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("settings", 0);
  check(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size),
        "a file in memory is written");
  return "/proc/self/fd/" + std::to_string(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  Sources sources;
  sources.file = path_of(data, size);
  sources.file_required = true;
  const auto loaded = load(fields, sources);
  if (!loaded) {
    check(!loaded.error().message.empty(), "a refusal says why");
    return 0;
  }
  for (const Field& field : fields.all()) {
    const std::string shown = field.show();
    check(field.set(shown).has_value(), "what is shown can be read");
    check(field.show() == shown, "what is shown is read as the same");
  }
  return 0;
}
