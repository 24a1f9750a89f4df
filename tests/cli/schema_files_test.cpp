// Commands that read schema files, over bad input: a diagnostic with a place, exit 1, nothing
// changed; and over input that is fine but not carried out.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace::cli;
using Words = std::vector<std::string>;

namespace {

struct Desk {
  millrace::test::TempDir folder;
  std::ostringstream out, err;
  Session session;

  Desk() {
    session.out = &out;
    session.err = &err;
    session.addresses.schema = "127.0.0.1:1";  // nobody answers there
  }

  std::string path(const std::string& name) const { return folder.path().string() + "/" + name; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string text_of(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  int run(const Words& words) {
    out.str("");
    err.str("");
    session.output = "text";
    std::vector<Command> commands;
    commands.push_back(schema_check_command(session));
    commands.push_back(schema_fmt_command(session));
    commands.push_back(schema_jsonschema_command(session));
    commands.push_back(schema_openapi_command(session));
    commands.push_back(deploy_command(session));
    commands.push_back(run_command(session));
    const Parsed parsed = parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  }
  int check(Words files) {
    files.insert(files.begin(), {"schema", "check"});
    return run(files);
  }

  // What is printed, with the folder taken out of it.
  std::string said() const {
    std::string text = err.str();
    const std::string prefix = folder.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }
  bool says(const std::string& part) const { return said().find(part) != std::string::npos; }
};

const std::string good = "module good {\n  verb v(Unit) Unit\n}\n";

}  // namespace

TEST_CASE("a file that is no schema gets one diagnostic with its place and exit 1") {
  struct Case {
    std::string text;
    std::string says;
  };
  const std::vector<Case> cases = {
      {std::string(10'000'000, 'x'), "f:1:1: error[syntax]: larger than the 1048576 octets"},
      {std::string("\x7f"
                   "ELF\x02\x01\x01\0\0\xff\xfe",
                   11),
       "f:1:10: error[syntax]: the text is not valid UTF-8"},
      {std::string(5'000, '\0'), "f:1:1: error[syntax]: a control character (U+0000)"},
      {std::string("\xff\xfem\0o\0", 6),
       "f:1:1: error[syntax]: the text is UTF-16; save it as UTF-8"},
      {"module a { enum E: String { A = \"abc\n} }", "f:1:33: error[syntax]: a string without"},
      {"module a {\n  /* what\n  verb v(Unit) Unit\n}", "f:2:3: error[syntax]"},
      {"module a { config c " + std::string(10'000, '[') + "Int" + std::string(10'000, ']') + " }",
       "f:1:85: error[syntax]: types nest deeper than 64 levels"},
      {"module a { config c " + std::string(10'000, '{'), "f:1:85: error[syntax]: types nest"},
      {"module a {\n  data Stra\xc3\x9f"
       "e {}\n}",
       "f:2:8: error[invalid-name]: `Stra\xc3\x9f"
       "e` is no name"},
  };
  for (const Case& each : cases) {
    Desk desk;
    const std::string file = desk.file("f", each.text);
    INFO(each.says);
    CHECK(desk.check({file}) == refused);
    INFO(desk.said());
    CHECK(desk.says(each.says));
    CHECK(desk.run({"schema", "fmt", file}) == refused);
    CHECK(desk.says(each.says));
    CHECK(desk.text_of("f") == each.text);
    for (const Words& words :
         {Words{"deploy", file}, Words{"deploy", file, "--plan"}, Words{"run", file, "--", "true"},
          Words{"schema", "jsonschema", file}, Words{"schema", "openapi", file}}) {
      CHECK(desk.run(words) == refused);
      CHECK(desk.says(each.says));
      CHECK(desk.out.str().empty());
    }
  }
}

TEST_CASE(
    "a directory or a missing file is a diagnostic, and the other files are read all the same") {
  Desk desk;
  const std::string bad = desk.file("bad", "modul x {}");
  CHECK(desk.check({desk.folder.path().string(), desk.path("gone"), bad}) == refused);
  CHECK(desk.err.str().find(desk.folder.path().string() + ":1:1: error[file]: is a directory") !=
        std::string::npos);
  CHECK(desk.says("gone:1:1: error[file]: cannot be read: No such file or directory"));
  CHECK(desk.says("bad:1:1: error[syntax]"));
}

TEST_CASE("a file given twice and a realm that clashes are told with their places") {
  Desk desk;
  const std::string file = desk.file("good", good);
  CHECK(desk.check({file, file}) == refused);
  CHECK(desk.says("good:1:8: error[duplicate-module]: the file"));
  CHECK(desk.says("was given twice; give it once"));
  std::filesystem::create_symlink(file, desk.path("link"));
  for (const std::string& again : {desk.path("./good"), desk.path("link")}) {
    CHECK(desk.check({file, again}) == refused);
    CHECK(desk.says("was given twice; give it once"));
  }
  const std::string here = desk.file("here", "realm r {\n  module a {}\n}\n");
  const std::string away = desk.file("away", "external realm r {\n  module b {}\n}\n");
  CHECK(desk.check({here, away}) == refused);
  CHECK(desk.says("away:1:16: error[duplicate-realm]: the realm `r` is not external at here:1"));
}

TEST_CASE("what is deployed must hold modules, each of them once, and says where it does not") {
  Desk desk;
  const std::string file = desk.file("good", good);
  const std::string other = desk.file("other", "realm r {\n" + good + "}\n");
  CHECK(desk.run({"deploy", file, file}) == refused);
  CHECK(desk.says("good:1:8: error[duplicate-module]: the file"));
  CHECK(desk.run({"deploy", file, other, "--plan"}) == refused);
  CHECK(desk.says("other:2:8: error[duplicate-module]: the module `good` is already declared"));
  const std::string empty = desk.file("empty", "// nothing yet\n");
  CHECK(desk.run({"deploy", empty}) == refused);
  CHECK(desk.says("empty:1:1: error[file]: holds no module"));
}

TEST_CASE(
    "a file with CRLF and a BOM is read, with its places right, and formatted to plain text") {
  Desk desk;
  const std::string file = desk.file("f", "\xef\xbb\xbfmodule a {\r\n  config c X\r\n}\r\n");
  CHECK(desk.check({file}) == refused);
  CHECK(desk.says("f:2:12: error[unknown-ref]"));
  CHECK(desk.run({"schema", "fmt", file}) == done);
  CHECK(desk.text_of("f") == "module a {\n  config c X\n}\n");
}

TEST_CASE("warnings are told and let pass, and are errors with strict, also as data") {
  Desk desk;
  const std::string file = desk.file("f", "module a {\n  verb v(Unit) Unit\n    +cron 5m\n}\n");
  CHECK(desk.check({file}) == done);
  CHECK(desk.says("f:3:5: warning[not-executed]: `+cron`"));
  CHECK(desk.out.str() == "1 module, no faults, 1 warning\n");
  CHECK(desk.check({file, "--strict"}) == refused);
  CHECK(desk.says("f:3:5: error[not-executed]: `+cron`"));
  CHECK(desk.check({file, "--output", "json"}) == done);
  CHECK(desk.out.str().find("\"severity\": \"warning\"") != std::string::npos);
  CHECK(desk.check({file, "--strict", "--output", "json"}) == refused);
  CHECK(desk.out.str().find("\"severity\": \"error\"") != std::string::npos);
}

TEST_CASE("deploy, run and the exports tell warnings beside what they do, and refuse with strict") {
  Desk desk;
  const std::string file = desk.file("f", "module a {\n  verb v(Unit) Unit\n    +cron 5m\n}\n");
  const std::string warning = "f:3:5: warning[not-executed]: `+cron`";
  CHECK(desk.run({"deploy", file}) == unable);
  CHECK(desk.says(warning));
  CHECK(desk.says("cannot be reached"));
  CHECK(desk.run({"run", file, "--wait-for-deps", "0s", "--", "true"}) == unable);
  CHECK(desk.says(warning));
  for (const char* kind : {"jsonschema", "openapi"}) {
    CHECK(desk.run({"schema", kind, file}) == done);
    CHECK(desk.says(warning));
    CHECK(desk.out.str().starts_with("{\n"));
  }
  for (const Words& words :
       {Words{"deploy", "--strict", file}, Words{"run", "--strict", file, "--", "true"},
        Words{"schema", "jsonschema", "--strict", file},
        Words{"schema", "openapi", "--strict", file}}) {
    CHECK(desk.run(words) == refused);
    CHECK(desk.says("f:3:5: error[not-executed]: `+cron`"));
    CHECK_FALSE(desk.says("cannot be reached"));
    CHECK(desk.out.str().empty());
  }
  CHECK(desk.run({"deploy", "--strict", "--output", "json", file}) == refused);
  CHECK(desk.out.str().find("\"severity\": \"error\"") != std::string::npos);
}

TEST_CASE(
    "formatting writes all files or none, keeps their permissions and leaves nothing beside") {
  Desk desk;
  const std::string loose = "module b { verb v(Unit)Unit }";
  const std::string one = desk.file("one", loose);
  const std::string two = desk.file("two", "module c {");
  CHECK(desk.run({"schema", "fmt", one, two}) == refused);
  CHECK(desk.text_of("one") == loose);
  CHECK(desk.run({"schema", "fmt", "--check", one}) == refused);
  CHECK(desk.text_of("one") == loose);
  std::filesystem::permissions(one, std::filesystem::perms::owner_all);
  CHECK(desk.run({"schema", "fmt", one}) == done);
  CHECK(desk.text_of("one") == "module b {\n  verb v(Unit) Unit\n}\n");
  CHECK(std::filesystem::status(one).permissions() == std::filesystem::perms::owner_all);
  CHECK(desk.run({"schema", "fmt", "--check", one}) == done);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(desk.folder.path())) {
    files += entry.exists() ? 1 : 0;
  }
  CHECK(files == 2);
}
