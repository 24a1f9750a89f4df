// schema diff and schema compat over files and a running system, as the command line runs them.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "running_schema.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace::cli;
using millrace::test::RunningSchema;

namespace {

using Words = std::vector<std::string>;

const char* const running_system =
    "module clock { export verb now(Unit) Time }\n"
    "module shop { export verb get(Unit) Int +calls clock.now }\n"
    "module cart { verb go(Unit) Unit +calls shop.get }\n";

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
  // As typed, with files by their names.
  int type(Words words) {
    out.str("");
    err.str("");
    session.output = "text";
    for (std::string& word : words) {
      if (std::filesystem::exists(folder / word)) word = folder / word;
    }
    words.insert(words.begin(), "schema");
    std::vector<Command> commands;
    commands.push_back(schema_diff_command(session));
    commands.push_back(schema_compat_command(session));
    const Parsed parsed = parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  }
  bool says(const std::string& part) const { return err.str().find(part) != std::string::npos; }
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
  // What breaks nobody is counted and left out.
  desk.write("both.schema", "module a { export data T { x Float y Int? } export verb v(a.T) a.T }");
  CHECK(desk.run(schema_compat_command(desk.session), "old.schema", "both.schema") == refused);
  CHECK(desk.out.str().find("a.T.y") == std::string::npos);
  CHECK(desk.out.str().find("2 changes, 1 breaking\n") != std::string::npos);
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

TEST_CASE(
    "files beside the running system are compared module by module unless they are the whole") {
  Desk desk;
  const RunningSchema running(running_system);
  desk.session.addresses.schema = running.address();
  desk.write("shop.schema", "module shop { export verb get(Unit) Int +calls clock.now }");
  CHECK(desk.type({"diff", "now", "shop.schema"}) == done);
  CHECK(desk.out.str() == "0 changes, 0 breaking\n");
  CHECK(desk.type({"diff", "shop.schema", "7"}) == done);
  CHECK(desk.type({"compat", "now", "shop.schema"}) == done);

  desk.write("shop.schema", "module shop { export verb get(Unit) String +calls clock.now }");
  CHECK(desk.type({"compat", "now", "shop.schema"}) == refused);
  CHECK(desk.out.str() ==
        "! shop.get: the response: Int is now String [wider-type]\n"
        "    response: callers expect Int and would get String\n"
        "    breaks cart.go calls shop.get\n"
        "1 change, 1 breaking\n");
  CHECK(desk.type({"compat", "now", "shop.schema", "--output", "json"}) == refused);
  const auto json = nlohmann::json::parse(desk.out.str());
  REQUIRE(json.at("changes").size() == 1);
  CHECK(json.at("changes").at(0).at("place") == "shop.get");

  desk.write("all.schema", "module shop { export verb get(Unit) Int }");
  CHECK(desk.type({"diff", "now", "all.schema", "--whole"}) == refused);
  CHECK(desk.out.str().find("- cart: the module is gone\n") != std::string::npos);
  CHECK(desk.type({"diff", "now", "all.schema"}) == refused);
  CHECK(desk.out.str() == "- shop.get: +calls clock.now is gone\n1 change, 0 breaking\n");
}

TEST_CASE("what the file of a module takes from others is a break and no fault of theirs") {
  Desk desk;
  const RunningSchema running(running_system);
  desk.session.addresses.schema = running.address();
  desk.write("shop.schema", "module shop { }");
  CHECK(desk.type({"compat", "now", "shop.schema"}) == refused);
  CHECK(desk.err.str().empty());
  CHECK(desk.out.str().find("breaks cart.go calls shop.get") != std::string::npos);
  // But a circle through another module is one of the file.
  desk.write("clock.schema",
             "module clock { export verb now(Unit) Time +calls cart.go export verb x(Unit) Unit }");
  CHECK(desk.type({"compat", "now", "clock.schema"}) == refused);
  CHECK(desk.says("error[import-cycle]"));
  CHECK(desk.says("clock.schema:1:"));
  CHECK(desk.out.str().empty());
}

TEST_CASE("files that refer to modules of nobody are told and not compared") {
  Desk desk;
  const std::string shop = "module shop { export verb get(Unit) Int +calls clock.now }";
  desk.write("one.schema", shop);
  desk.write("two.schema", shop);
  for (const char* command : {"diff", "compat"}) {
    CHECK(desk.type({command, "one.schema", "two.schema"}) == refused);
    CHECK(desk.says("one.schema:1:48: error[unknown-ref]"));
    CHECK(desk.says("hint: --with FILE or --with now"));
    CHECK(desk.out.str().empty());
    CHECK(desk.type({command, "one.schema", "two.schema", "--output", "json"}) == refused);
    CHECK(nlohmann::json::parse(desk.out.str()).dump().find("unknown-ref") != std::string::npos);
    CHECK(desk.err.str().empty());
  }
  desk.write("clock.schema", "module clock { export verb now(Unit) Time }");
  CHECK(desk.type({"diff", "one.schema", "two.schema", "--with", "clock.schema"}) == done);
  const RunningSchema running(running_system);
  desk.session.addresses.schema = running.address();
  CHECK(desk.type({"diff", "one.schema", "two.schema", "--with", "now"}) == done);
  // What only one side leaves out is gone there, whatever else is deployed.
  desk.write("both.schema", shop + " module cart { verb go(Unit) Unit +calls shop.get }");
  CHECK(desk.type({"diff", "both.schema", "two.schema", "--with", "now"}) == refused);
  CHECK(desk.out.str().find("- cart: the module is gone\n") != std::string::npos);
  // A module that is not deployed yet is on neither side.
  desk.write("mail.schema", "module mail { export verb send(Unit) Unit }");
  desk.write("shop.schema", "module shop { export verb get(Unit) Int +calls mail.send }");
  CHECK(desk.type({"diff", "now", "shop.schema"}) == refused);
  CHECK(desk.says("error[unknown-ref]"));
  CHECK(desk.type({"diff", "now", "shop.schema", "--with", "mail.schema"}) == refused);
  CHECK(desk.out.str().find("mail") == desk.out.str().find("mail.send"));
  CHECK(desk.type({"diff", "now", "shop.schema", "--with", "mail.schema", "--whole"}) == refused);
  CHECK(desk.says("--whole and --with"));
}

TEST_CASE("a folder is the schema files in it and below and another revision is read as it was") {
  Desk desk;
  const RunningSchema running(running_system, "module clock { export verb now(Unit) Time }", 7);
  desk.session.addresses.schema = running.address();
  std::filesystem::create_directories(desk.folder / "all/deep");
  std::filesystem::create_directories(desk.folder / "none");
  desk.write("all/shop.schema", "module shop { export verb get(Unit) Int +calls clock.now }");
  desk.write("all/deep/clock.schema", "module clock { export verb now(Unit) Time }");
  desk.write("all/notes.txt", "no schema at all");
  desk.write("one.schema",
             "module shop { export verb get(Unit) Int +calls clock.now }\n"
             "module clock { export verb now(Unit) Time }");
  CHECK(desk.type({"diff", "all", "one.schema"}) == done);
  CHECK(desk.type({"diff", "now", "all"}) == done);
  CHECK(desk.type({"diff", "all", "none"}) == refused);
  CHECK(desk.says("a folder without a *.schema file"));
  CHECK(desk.type({"diff", "6", "now"}) == refused);
  CHECK(desk.out.str() ==
        "+ cart: the module is new\n+ shop: the module is new\n2 changes, 0 breaking\n");
  CHECK(desk.type({"compat", "now", "6"}) == refused);
  CHECK(desk.out.str().find("! shop.get: the verb is gone [removed-verb]") != std::string::npos);
  // 0 would mean now to the service.
  for (const Words& words : {Words{"diff", "0", "now"}, Words{"diff", "6", "0"},
                             Words{"compat", "now", "all", "--with", "0"}}) {
    CHECK(desk.type(words) == refused);
    CHECK(desk.says("there is no revision 0: they begin at 1"));
    CHECK(desk.out.str().empty());
  }
  CHECK(desk.type({"diff", "99999999999999999999", "now"}) == refused);
  CHECK(desk.says("is no revision"));
  desk.write("0", "module shop { export verb get(Unit) Int +calls clock.now }");
  CHECK(desk.type({"diff", "now", "0"}) == done);  // a file that is called so
}

TEST_CASE("what breaks neither callers nor subscribers is one line") {
  Desk desk;
  const std::string rest = " export topic t a.D export verb v(a.D) Unit }";
  desk.write("one.schema", "module a { export data D { x Int }" + rest);
  desk.write("two.schema", "module a { export data D { x Int y Int? }" + rest);
  CHECK(desk.type({"diff", "one.schema", "two.schema"}) == refused);
  CHECK(desk.out.str() == "+ a.D.y: the field is new (Int?)\n2 changes, 0 breaking\n");
}
