// schema get and schema history, as the command line runs them, against a service that notes what
// it is asked.
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "running_schema.hpp"

using namespace millrace::cli;
using millrace::test::RunningSchema;
using Words = std::vector<std::string>;

namespace {

struct Desk {
  RunningSchema running{"module a {\n  verb v(Unit) Unit\n}\nmodule b {\n}\n", "module a {\n}\n",
                        5};
  std::ostringstream out, err;
  Session session;

  Desk() {
    session.out = &out;
    session.err = &err;
    session.addresses.schema = running.address();
  }

  int run(Words words) {
    out.str("");
    err.str("");
    session.output = "text";
    words.insert(words.begin(), "schema");
    std::vector<Command> commands;
    commands.push_back(schema_get_command(session));
    commands.push_back(schema_history_command(session));
    const Parsed parsed = parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  }
};

}  // namespace

TEST_CASE("schema get prints all, one module, a past revision, and says what is not there") {
  Desk desk;
  CHECK(desk.run({"get"}) == done);
  CHECK(desk.out.str() == "module a {\n  verb v(Unit) Unit\n}\n\nmodule b {\n}\n");
  CHECK(desk.run({"get", "b"}) == done);
  CHECK(desk.out.str() == "module b {\n}\n");
  CHECK(desk.run({"get", "--at", "4"}) == done);
  CHECK(desk.out.str() == "module a {\n}\n");
  CHECK(desk.run({"get", "b", "--at", "4"}) == refused);
  CHECK(desk.err.str().find("no module named b is deployed") != std::string::npos);
  CHECK(desk.run({"get", "--format", "json"}) == done);
  CHECK(nlohmann::json::parse(desk.out.str()).dump().find("\"name\":\"v\"") != std::string::npos);
}

TEST_CASE("a revision is a whole number from 1, and 0 does not stand for now") {
  Desk desk;
  for (const char* wrong : {"0", "00"}) {
    CHECK(desk.run({"get", "--at", wrong}) == refused);
    CHECK(desk.err.str().find("there is no revision 0: they begin at 1") != std::string::npos);
    CHECK(desk.out.str().empty());
  }
  for (const char* wrong : {"minus", "-1", "1.5", "", "now", "99999999999999999999"}) {
    INFO(wrong);
    CHECK(desk.run({"get", "--at", wrong}) == refused);
    CHECK(desk.err.str().find("is no revision") != std::string::npos);
  }
}

TEST_CASE("schema history asks for what was wanted and reads page after page up to the limit") {
  Desk desk;
  desk.running.keep(1, 5);
  CHECK(desk.run({"history", "shop", "--author", "ada", "--limit", "7"}) == done);
  CHECK(desk.running.first_asked().module() == "shop");
  CHECK(desk.running.first_asked().author() == "ada");
  CHECK(desk.running.first_asked().limit() == 7);
  CHECK(desk.running.first_asked().since_ms() == 0);
  const std::string all = desk.out.str();
  for (int revision = 5; revision > 0; --revision) {
    INFO(revision);
    CHECK(all.find("\n    change " + std::to_string(revision) + "\n") != std::string::npos);
  }
  CHECK(all.find("5  1970-01-01T00:00:00.000Z  ada  why\n    change 5\n") == 0);
  CHECK(all.find("there is more") == std::string::npos);
  CHECK(all.find("no longer kept") == std::string::npos);
  CHECK(desk.run({"history", "--limit", "4", "--since", "2026-01-02"}) == done);
  CHECK(desk.running.first_asked().since_ms() == 1'767'312'000'000);
  CHECK(desk.out.str().find("change 1") == std::string::npos);
  CHECK(desk.out.str().find("there is more: --before 2\n") != std::string::npos);
  CHECK(desk.run({"history", "--before", "3", "--output", "json"}) == done);
  CHECK(nlohmann::json::parse(desk.out.str()).dump().find("change 3") == std::string::npos);
  CHECK(desk.out.str().find("change 2") != std::string::npos);
  CHECK(desk.run({"history", "a", "--module", "b"}) == refused);
  CHECK(desk.run({"history", "--since", "then"}) == refused);
}

TEST_CASE("a history that was compacted says from where on it is kept") {
  Desk desk;
  desk.running.keep(4, 5);
  CHECK(desk.run({"history"}) == done);
  CHECK(desk.out.str().find(
            "what was before revision 4 is no longer kept: the journal was compacted\n") !=
        std::string::npos);
}

TEST_CASE("schema get prints JSON by the flag of every other command too") {
  Desk desk;
  CHECK(desk.run({"get", "--format", "json"}) == done);
  const std::string json = desk.out.str();
  CHECK(nlohmann::json::parse(json).is_object());
  CHECK(desk.run({"get", "--output", "json"}) == done);
  CHECK(desk.out.str() == json);
}
