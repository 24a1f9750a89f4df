// A settings file rewritten in the newest version.
#include "settings/upgrade.hpp"

#include "support/catch.hpp"

using namespace millrace::settings;

namespace {

std::string upgraded(const std::string& text) {
  const auto result = upgrade(released(), {}, "millrace.toml", text);
  if (result) return result->text;
  std::string faults = result.error().message + "\n";
  for (const std::string& line : result.error().details) faults += line + "\n";
  return faults;
}

}  // namespace

TEST_CASE("settings move into the tables of the newest version and keep their comments") {
  CHECK(upgraded("# The mill of the north.\n"
                 "\n"
                 "# where it all is\n"
                 "data = \"/var/lib/mill\"  # a disk of its own\n"
                 "\n"
                 "[schema] # the truth\n"
                 "listen = \"127.0.0.1:1\"\n"
                 "# be patient\n"
                 "lease = \"20s\" # twice the default\n"
                 "\n"
                 "commands_max = 5\n"
                 "# the end\n") ==
        "# The mill of the north.\n"
        "\n"
        "version = 2\n"
        "# where it all is\n"
        "data = \"/var/lib/mill\"  # a disk of its own\n"
        "\n"
        "[schema]\n"
        "# the truth\n"
        "listen = \"127.0.0.1:1\"\n"
        "\n"
        "[schema.rollout]\n"
        "# be patient\n"
        "lease = \"20s\"  # twice the default\n"
        "\n"
        "[schema.limits]\n"
        "commands_max = 5\n"
        "\n"
        "# the end\n");
}

TEST_CASE("dotted keys, inline tables and lists over several lines are upgraded too") {
  CHECK(upgraded("routing.calls_max = 7 # dotted\n"
                 "ingress = { threads = 2, body_bytes_max = 9 } # inline\n"
                 "[console]\n"
                 "schema = [\n"
                 "  \"a:1\", # one\n"
                 "  \"b:2\",\n"
                 "]\n") ==
        "version = 2\n"
        "\n"
        "[routing.limits]\n"
        "calls_max = 7  # dotted\n"
        "\n"
        "[ingress.limits]\n"
        "body_bytes_max = 9\n"
        "\n"
        "[ingress]\n"
        "threads = 2  # inline\n"
        "\n"
        "[console.follow]\n"
        "schema = [\n"
        "  \"a:1\", # one\n"
        "  \"b:2\",\n"
        "]\n");
}

TEST_CASE("a file that names version 1 names the newest afterwards") {
  CHECK(upgraded("# mine\nversion = 1\n[log]\nlevel = 'debug'\n") ==
        "# mine\nversion = 2\n\n[log]\nlevel = 'debug'\n");
}

TEST_CASE("a file of the newest version says so") {
  const auto result = upgrade(released(), {}, "f", "version = 2\ndata = 'x'\n");
  REQUIRE(result);
  CHECK(result->from == 2);
}

TEST_CASE("a file with faults is not upgraded and every fault is named") {
  CHECK(upgraded("dataa = 1\n[schema]\ncommands_max = 'x'\n") ==
        "millrace.toml cannot be upgraded as it is\n"
        "millrace.toml:1: dataa: no such setting; did you mean data?\n"
        "millrace.toml:3: schema.commands_max: wanted an integer, without quotes\n");
}

TEST_CASE("what lost its meaning stays as a comment that says so") {
  const Version first{
      1,
      {{"a.gone", "integer", "", "write a.better", {}}, {"a.kept", "integer", "b.kept", {}, {}}}};
  const Version second{2, {{"b.kept", "integer", "b.kept", {}, {}}}};
  const auto result = upgrade({{first, second}}, {}, "f", "[a]\n# why\ngone = 4 # too\nkept = 5\n");
  REQUIRE(result);
  CHECK(result->text ==
        "version = 2\n\n[a]\n# why\n# gone = 4  # too  # lost its meaning: write a.better\n\n"
        "[b]\nkept = 5\n");
  CHECK(result->deprecated.size() == 1);
}

TEST_CASE("an editor's mark at the beginning of a file hides no comment and no setting") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(upgraded(mark + "# first\ndata = 'x' # c\n") == "version = 2\n# first\ndata = 'x'  # c\n");
  CHECK(upgraded(mark + "data = \"x\" # c\n") == "version = 2\ndata = \"x\"  # c\n");
  CHECK(upgraded(mark + "[log] # c\nlevel = 'debug'\n") ==
        "version = 2\n\n[log]\n# c\nlevel = 'debug'\n");
}

TEST_CASE("the comment behind the version, and behind a table with nothing in it, is kept") {
  CHECK(upgraded("version = 1 # one\ndata = 'x'\n") == "version = 2  # one\ndata = 'x'\n");
  CHECK(upgraded("log = {} # nothing\ndata = 'x'\n") == "version = 2\n# nothing\ndata = 'x'\n");
}

TEST_CASE("a file with a value that no field takes is not upgraded") {
  Fields fields;
  std::int64_t lease_ms = 0;
  fields.duration("schema.lease", lease_ms, 500, 60'000, "how long");
  const auto result = upgrade(released(), fields, "f", "[schema]\nlease = '5x'\nleese = 1\n");
  REQUIRE_FALSE(result);
  CHECK(result.error().details.size() == 2);
  CHECK(result.error().details[1].starts_with("f:2: schema.lease: wanted a duration"));
}

TEST_CASE("a file whose lines end as on Windows keeps that, also inside a list") {
  CHECK(upgraded("[console]\r\nschema = [\r\n  'a:1', # one\r\n]\r\n") ==
        "version = 2\r\n\r\n[console.follow]\r\nschema = [\r\n  'a:1', # one\r\n]\r\n");
}
