// schema diff and schema compat over files, as the command line runs them.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace::cli;

namespace {

struct Desk {
  millrace::test::TempDir folder;
  std::ostringstream out, err;
  Session session;

  Desk() {
    session.out = &out;
    session.err = &err;
    write("old.schema", "module a { export data T { x Int } export verb v(a.T) a.T }");
    write("new.schema", "module a { export data T { x Float } export verb v(a.T) a.T }");
    write("more.schema", "module a { export data T { x Int y Int? } export verb v(a.T) a.T }");
    write("bad.schema", "module a {");
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
  }
  int run(Command command, const std::string& before, const std::string& after) {
    out.str("");
    command.arguments().at(0).set(folder / before);
    command.arguments().at(1).set(folder / after);
    return command.run();
  }
};

}  // namespace

TEST_CASE("schema diff ends with 1 where schemas differ and schema compat where callers break") {
  Desk desk;
  CHECK(desk.run(schema_diff_command(desk.session), "old.schema", "old.schema") == done);
  CHECK(desk.run(schema_diff_command(desk.session), "old.schema", "more.schema") == refused);
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "more.schema") == done);
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "new.schema") == refused);
  CHECK(desk.out.str() ==
        "! a.T.x: Int is now Float [wider-type]\n"
        "    response: callers expect Int and would get Float\n"
        "1 change, 1 breaking\n");
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "bad.schema") == refused);
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "none.schema") == refused);
}

TEST_CASE("schema compat prints one document of JSON") {
  Desk desk;
  desk.session.output = "json";
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "new.schema") == refused);
  const auto json = nlohmann::json::parse(desk.out.str());
  CHECK(json.at("breaking") == true);
  CHECK(json.at("changes").at(0).at("place") == "a.T.x");
}
