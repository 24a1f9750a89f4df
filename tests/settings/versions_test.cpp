// Sources of different versions, converted and laid over one another.
#include "settings/versions.hpp"

#include "sample.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;
using Lines = std::vector<std::string>;

namespace {

// Two versions of the sample's settings: in the first the timeout was a number of seconds, the
// listen address stood alone, and there was a switch that does nothing any more.
Versions two_versions() {
  const auto seconds = [](const std::string& text) -> millrace::statekit::Result<std::string> {
    if (text == "13")
      return millrace::statekit::fail(millrace::statekit::Code::invalid_argument,
                                      "13 brings bad luck");
    return text + "s";
  };
  Version first{1,
                {{"data", "text", "data", {}, {}},
                 {"routing.listen", "address", "routing.listen", {}, {}},
                 {"routing.calls_max", "integer", "routing.limits.calls_max", {}, {}},
                 {"routing.timeout_seconds", "integer", "routing.limits.timeout", {}, seconds},
                 {"routing.turbo", "boolean", "", "leave it out", {}}}};
  Version second{2,
                 {{"data", "text", "data", {}, {}},
                  {"routing.listen", "address", "routing.listen", {}, {}},
                  {"routing.limits.calls_max", "integer", "routing.calls_max", {}, {}},
                  {"routing.limits.timeout", "duration", "routing.timeout", {}, {}}}};
  return {{first, second}};
}

struct Outcome {
  Sample sample;
  std::optional<Loaded> loaded;
  Lines faults;
};

Outcome load_sample(const Sources& sources) {
  Outcome outcome;
  Fields fields;
  describe(fields, outcome.sample);
  const Versions versions = two_versions();
  auto loaded = load(fields, sources, versions);
  if (loaded) outcome.loaded = *loaded;
  if (!loaded) outcome.faults = loaded.error().details;
  return outcome;
}

Outcome load_file(const std::string& text) {
  const SampleFile file(text);
  Outcome outcome = load_sample({file.path(), true, {}, {}});
  for (std::string& fault : outcome.faults)
    fault.replace(0, std::min(fault.size(), file.path().size()), "F");
  return outcome;
}

}  // namespace

TEST_CASE("a file without a version is read as version 1 and converted") {
  const Outcome outcome = load_file("[routing]\ncalls_max = 7\ntimeout_seconds = 3\n");
  REQUIRE(outcome.loaded);
  CHECK(outcome.sample.calls_max == 7);
  CHECK(outcome.sample.timeout_ms == 3'000);
}

TEST_CASE("a file is read by the version that it names") {
  const Outcome outcome =
      load_file("version = 2\n[routing.limits]\ncalls_max = 7\ntimeout = '4s'\n");
  REQUIRE(outcome.loaded);
  CHECK(outcome.sample.calls_max == 7);
  CHECK(outcome.sample.timeout_ms == 4'000);
  CHECK(outcome.loaded->hints.empty());
}

TEST_CASE("a file of version 1 goes with an environment of version 2 and flags of version 1") {
  const SampleFile file("[routing]\ncalls_max = 1\ntimeout_seconds = 1\nlisten = 'a:1'\n");
  Sources sources{file.path(), true, {}, {}};
  sources.environment = {{"MILLRACE_SETTINGS_VERSION", "2"},
                         {"MILLRACE_ROUTING_LIMITS_TIMEOUT", "2s"},
                         {"MILLRACE_ROUTING_LIMITS_CALLS_MAX", "2"}};
  sources.arguments = {"--routing.timeout_seconds=5", "--settings-version", "1"};
  const Outcome outcome = load_sample(sources);
  REQUIRE(outcome.loaded);
  CHECK(outcome.sample.listen == "a:1");
  CHECK(outcome.sample.calls_max == 2);
  CHECK(outcome.sample.timeout_ms == 5'000);
  CHECK(outcome.loaded->where_of.at("routing.calls_max") == "MILLRACE_ROUTING_LIMITS_CALLS_MAX");
}

TEST_CASE("what is set to the default is set, and covers what an earlier source set") {
  const SampleFile file("[routing]\ncalls_max = 7\n");
  Sources sources{file.path(), true, {}, {}};
  sources.environment = {{"MILLRACE_ROUTING_CALLS_MAX", "1000"}};
  const Outcome outcome = load_sample(sources);
  REQUIRE(outcome.loaded);
  CHECK(outcome.sample.calls_max == 1000);
  CHECK(outcome.loaded->source_of.at("routing.calls_max") == Source::environment);
}

TEST_CASE("what lost its meaning is accepted and says what to write instead") {
  const Outcome outcome = load_file("[routing]\nturbo = true\n");
  REQUIRE(outcome.loaded);
  REQUIRE(outcome.loaded->deprecated.size() == 1);
  CHECK(outcome.loaded->deprecated[0].find("routing.turbo has lost its meaning: leave it out") !=
        std::string::npos);
}

TEST_CASE("a version that this program does not know is refused by its number") {
  CHECK(
      load_file("version = 3\n").faults ==
      Lines{"F:1: version 3 is newer than this program, which knows up to 2: use a newer program, "
            "or write version 2"});
  CHECK(load_file("version = 0\n").faults == Lines{"F:1: wanted a version from 1 to 2, got \"0\""});
  CHECK(load_file("version = '2'\n").faults ==
        Lines{"F:1: version: wanted a number without quotes, such as 2"});
  Sources sources;
  sources.environment = {{"MILLRACE_SETTINGS_VERSION", "two"}};
  sources.arguments = {"--settings-version"};
  CHECK(load_sample(sources).faults ==
        Lines{"MILLRACE_SETTINGS_VERSION: wanted a version from 1 to 2, got \"two\"",
              "--settings-version: needs a value, such as 2"});
}

TEST_CASE("a name of another version is refused with how to say that version") {
  CHECK(load_file("[routing.limits]\ncalls_max = 1\n").faults ==
        Lines{"F:2: routing.limits.calls_max: no such setting; version 2 has it: say version = 2"});
  Sources sources;
  sources.environment = {{"MILLRACE_ROUTING_LIMITS_TIMEOUT", "1s"}};
  sources.arguments = {"--routing.limits.timeout=1s"};
  CHECK(load_sample(sources).faults ==
        Lines{"MILLRACE_ROUTING_LIMITS_TIMEOUT: no such setting; version 2 has it: set "
              "MILLRACE_SETTINGS_VERSION=2",
              "--routing.limits.timeout: no such setting; version 2 has it: say "
              "--settings-version 2"});
}

TEST_CASE("a misspelt variable that only another version would have is hinted at, not refused") {
  std::string data;
  bool insecure = false;
  Fields fields;
  fields.text("data", data, "a folder");
  fields.boolean("insecure", insecure, "in clear");
  Sources sources;
  sources.environment = {{"MILLRACE_INSECUR", "true"}, {"MILLRACE_FORWARDED", "x"}};
  const auto loaded = load(fields, sources, released());
  REQUIRE(loaded);
  CHECK(loaded->hints == Lines{"MILLRACE_INSECUR is no setting and is passed over; did you mean "
                               "MILLRACE_INSECURE, with MILLRACE_SETTINGS_VERSION=2?"});
}

TEST_CASE("a conversion that refuses a value is a fault with its place") {
  CHECK(load_file("[routing]\ntimeout_seconds = 13\n").faults ==
        Lines{"F:2: routing.timeout_seconds: 13 brings bad luck"});
}

TEST_CASE("only a source without a version that uses an old name gets a hint") {
  CHECK(load_file("data = 'x'\n").loaded->hints.empty());
  CHECK(load_file("version = 1\n[routing]\ncalls_max = 1\n").loaded->hints.empty());
  const Outcome outcome = load_file("[routing]\ncalls_max = 1\n");
  REQUIRE(outcome.loaded->hints.size() == 1);
  CHECK(outcome.loaded->hints[0].find("millrace settings upgrade") != std::string::npos);
}
