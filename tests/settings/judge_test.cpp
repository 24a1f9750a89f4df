// What is said of values in force that can be read and are wrong all the same.
#include "sample.hpp"
#include "settings/target.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;
using Lines = std::vector<std::string>;

namespace {

struct Places {
  std::string data = ".millrace";
  std::vector<std::string> schema = {"127.0.0.1:8892"};
  std::string routing = "127.0.0.1:8893";
  std::string timeline;
  Fields fields;

  Places() {
    fields.folder("data", data, "a folder");
    fields.list("mill.schema", schema, "to follow");
    fields.judge("mill.schema", needed_targets(schema));
    fields.text("mill.routing", routing, "with commas");
    fields.judge("mill.routing", needed_targets(routing));
    fields.text("mill.timeline", timeline, "to tell");
    fields.judge("mill.timeline", wanted_target(timeline, "nothing is told"));
  }

  millrace::statekit::Result<Loaded> load_flags(Lines flags) {
    return load(fields, {{}, false, {}, std::move(flags)});
  }
};

}  // namespace

TEST_CASE(
    "an address that can never be connected to is refused with its source where it is needed") {
  Places places;
  const auto loaded = places.load_flags({"--mill.schema=http://a:1", "--mill.routing=a b:1"});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().details ==
        Lines{"--mill.schema: \"http://a:1\" is no address that can ever be connected to: write "
              "host:port, such as 127.0.0.1:8892",
              "--mill.routing: \"a b:1\" is no address that can ever be connected to: write "
              "host:port, such as 127.0.0.1:8892"});
}

TEST_CASE("an empty list of those whom a service cannot do without is refused") {
  Places places;
  for (const char* flag : {"--mill.schema=", "--mill.routing="}) {
    const auto loaded = places.load_flags({flag});
    REQUIRE_FALSE(loaded);
    const std::string name = std::string(flag).substr(0, std::string(flag).size() - 1);
    CHECK(loaded.error().details[0].starts_with(name + ": "));
  }
}

TEST_CASE(
    "beside an address that can be connected to, one that cannot does not keep it from work") {
  Places places;
  const auto loaded = places.load_flags({"--mill.routing=a:1,,b:1", "--mill.schema=a:1,b:0"});
  REQUIRE(loaded);
  CHECK(loaded->useless.size() == 2);
}

TEST_CASE("what a service can do without is told and not refused") {
  Places places;
  const auto loaded = places.load_flags({"--mill.timeline=http://a:1"});
  REQUIRE(loaded);
  REQUIRE(loaded->useless.size() == 1);
  CHECK(loaded->useless[0].starts_with("--mill.timeline: \"http://a:1\" is no address"));
  CHECK(loaded->useless[0].ends_with("; until then nothing is told"));
  CHECK(places.timeline == "http://a:1");
}

TEST_CASE("a name without a port is taken as before, with a hint that says which port that is") {
  Places places;
  const auto loaded = places.load_flags({"--mill.schema=schema"});
  REQUIRE(loaded);
  CHECK(loaded->hints ==
        Lines{"--mill.schema: \"schema\" names no port, so 443 is taken: write schema:PORT"});
}

TEST_CASE("a value that a later source covers is not judged, and a default is not") {
  Places places;
  const SampleFile file("[mill]\nschema = 'http://a:1'\n");
  CHECK(load(places.fields, {file.path(), true, {}, {"--mill.schema=a:1"}}));
  places.routing = "http://a:1";
  CHECK(load(places.fields, {}));
}

TEST_CASE("a value that is judged in a file is named with its line") {
  Places places;
  const SampleFile file("[mill]\nschema = 'http://u:pass@a:1'\n");
  const auto loaded = load(places.fields, {file.path(), true, {}, {}});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().details[0].starts_with(file.path() + ":2: mill.schema: \"http://***@a:1\""));
}

TEST_CASE("what leads nowhere in this process is not judged") {
  Places places;
  places.fields.unused("mill.schema");
  CHECK(places.load_flags({"--mill.schema=http://a:1"}));
}

TEST_CASE("an empty folder is refused and not taken for the root of the file system") {
  Places places;
  Sources sources;
  sources.environment = {{"MILLRACE_DATA", ""}};
  const auto loaded = load(places.fields, sources);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().details ==
        Lines{"MILLRACE_DATA: wanted a folder, such as .millrace, got nothing; the root of the "
              "file system is \"/\""});
  sources.arguments = {"--data=/"};
  CHECK(load(places.fields, sources));
}
