// The commands of docs/changesets.md, in the order of the page, on the ports that it names. Where
// the page shows a changeset's key, the key of the one that was just made stands here.
#include <regex>
#include <sstream>

#include "e2e/cluster.hpp"
#include "e2e/own_network.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

Words commands_of_page() {
  std::istringstream text(read_file(source("docs/changesets.md")));
  Words commands;
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("    millrace ")) commands.push_back(line.substr(4));
  return commands;
}

// What the page takes for granted: the time module is deployed, its next version answers at port
// 9000, and its schema is in new.schema.
struct Reader {
  Folder folder;
  Environment environment{{"PATH", binary("") + ":" + std::getenv("PATH")},
                          {"MILLRACE_RUN_HOST", "127.0.0.1"},
                          {"PORT", "9000"}};
  Process serve{{binary("millrace"), "serve", "--data", folder.path("data")}, folder.path("serve")};
  Process time{{binary("millrace"), "run", source("examples/time/time.schema"), "--",
                binary("millrace-example-time")},
               folder.path("time")};
  Process next{{binary("millrace-example-time")}, folder.path("next"), environment};
  std::string key = "none";

  Reader() {
    std::string schema = read_file(source("examples/time/time.schema"));
    schema.insert(schema.find("time Time") + 9, "\n    zone String?");
    write_file(folder.path("new.schema"), schema);
  }

  Outcome type(std::string line) {
    line = std::regex_replace(line, std::regex("chs-[0-9a-z]{10}"), key);
    const Outcome outcome = run({"bash", "-c", line}, environment, 60, folder.path());
    CAPTURE(line, outcome.out, outcome.err);
    const std::size_t made = outcome.out.find("chs-");
    if (line.starts_with("millrace deploy") && made != std::string::npos)
      key = outcome.out.substr(made, 14);
    return outcome;
  }
  bool is(const std::string& phase) {
    return eventually([&] {
      return type("millrace changeset show " + key).out.find(phase) != std::string::npos;
    });
  }
};

// What has to be so before a line of the page makes sense.
void prepare(Reader& reader, const std::string& line) {
  if (line.find("--changeset") != std::string::npos) REQUIRE(reader.is("prepared"));
  if (line.starts_with("millrace call"))  // routing follows the feed
    REQUIRE(eventually([&] { return reader.type(line).exit_code == 0; }));
  if (line.starts_with("millrace changeset list")) REQUIRE(reader.is("finalized"));
  if (!line.starts_with("millrace changeset rollback")) return;
  // The page gives up what it did not commit.
  REQUIRE(reader.type("millrace deploy new.schema --build 4 --hold").exit_code == 0);
}

void check(const std::string& line, const Outcome& outcome) {
  CAPTURE(line, outcome.out, outcome.err);
  const bool differs = line.starts_with("millrace schema diff");
  CHECK(outcome.exit_code == (differs ? 1 : 0));
  const auto holds = [&](const std::string& part) {
    return outcome.out.find(part) != std::string::npos;
  };
  if (line.find("--plan") != std::string::npos || differs) CHECK(holds("zone"));
  if (line.find("call time.now") != std::string::npos) CHECK(holds("\"time\""));
  if (line.find("schema history") != std::string::npos) CHECK(holds("committed"));
  if (line.find("--at 6") != std::string::npos) CHECK_FALSE(holds("zone"));
  if (line.find("rollback 6") != std::string::npos) CHECK(holds("(comes back)"));
}

}  // namespace

TEST_CASE("the commands of the page on changesets do what it says") {
  INFO((enter_own_network() ? "in a network of its own" : "on this machine's own loopback"));
  Reader reader;
  INFO(reader.time.output());
  REQUIRE(reader.time.says("is live", 60));
  REQUIRE(eventually([&] { return reader.type("millrace schema get --at 6").exit_code == 0; }));
  REQUIRE(eventually([&] { return reader.type("millrace ping").exit_code == 0; }));
  const Words commands = commands_of_page();
  REQUIRE(commands.size() >= 10);
  for (const std::string& line : commands) {
    prepare(reader, line);
    check(line, reader.type(line));
  }
  CHECK(reader.type("millrace schema get time").out.find("zone") == std::string::npos);
}
