// How the words of a command line become one command, and what is said where they do not.
#include "cli/parse.hpp"

#include <sstream>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "support/catch.hpp"

using namespace millrace::cli;
using Words = std::vector<std::string>;

namespace {

// A small table of commands, and what they were given.
struct Desk {
  std::ostringstream out, err;
  Session session;
  std::string name, kind = "text";
  Words files, tags, program;
  std::int64_t count = 3, wait_ms = 1000;
  bool fast = false;
  std::vector<Command> commands;

  Desk() {
    session.out = &out;
    session.err = &err;
    Command greet("greet", "Greet somebody.");
    greet.argument("NAME", name, "who")
        .flag("-f,--fast", fast, "without a pause")
        .number("-n,--count", count, 1, 9, "how often")
        .list("--tag", "TAG", tags, "a tag")
        .choice("--kind", {"text", "json"}, kind, "what kind")
        .duration("--wait", wait_ms, 60'000, "how long")
        .examples("  millrace greet Ada\n");
    commands.push_back(std::move(greet));
    Command check("file check", "Check files.");
    check.files("FILE", files, "files");
    commands.push_back(std::move(check));
    Command start("start", "Start a program.");
    start.file("FILE", name, "a file")
        .after_dashes("PROGRAM", program, "the program")
        .number("--port", count, 0, 65535, "a port");
    commands.push_back(std::move(start));
  }

  // The exit code, or -1 where a command is to be run.
  int parse(const Words& words) {
    const Parsed parsed = millrace::cli::parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : -1;
  }
  bool said(const std::string& text) const { return err.str().find(text) != std::string::npos; }
};

}  // namespace

TEST_CASE("options stand before, between and after arguments, long or short") {
  Desk desk;
  CHECK(desk.parse({"greet", "-f", "--tag", "a", "Ada", "--tag=b", "-n", "4", "--wait=5s"}) == -1);
  CHECK(desk.name == "Ada");
  CHECK(desk.fast);
  CHECK(desk.tags == Words{"a", "b"});
  CHECK(desk.count == 4);
  CHECK(desk.wait_ms == 5000);
}

TEST_CASE("words after two dashes are the program's own, options or not") {
  Desk desk;
  CHECK(desk.parse({"start", "a.schema", "--port", "7", "--", "node", "--port", "x", "--"}) == -1);
  CHECK(desk.name == "a.schema");
  CHECK(desk.count == 7);
  CHECK(desk.program == Words{"node", "--port", "x", "--"});
}

TEST_CASE("a missing program, argument or value is named") {
  Desk desk;
  CHECK(desk.parse({"start", "a.schema"}) == refused);
  CHECK(desk.said("PROGRAM is missing"));
  CHECK(desk.parse({"greet"}) == refused);
  CHECK(desk.said("NAME is missing"));
  CHECK(desk.said("Usage: millrace greet NAME [OPTIONS]"));
  CHECK(desk.parse({"greet", "Ada", "--count"}) == refused);
}

TEST_CASE("one argument too many is refused") {
  Desk desk;
  CHECK(desk.parse({"greet", "Ada", "Bob"}) == refused);
  CHECK(desk.said("\"Bob\" is one argument too many"));
}

TEST_CASE("a value off its limits or choices is refused with what was wanted") {
  Desk desk;
  CHECK(desk.parse({"greet", "Ada", "-n", "10"}) == refused);
  CHECK(desk.said("--count: wanted an integer from 1 to 9, got \"10\""));
  CHECK(desk.parse({"greet", "Ada", "--kind", "xml"}) == refused);
  CHECK(desk.said("--kind: wanted text|json, got \"xml\""));
  CHECK(desk.parse({"greet", "Ada", "--wait", "5"}) == refused);
  CHECK(desk.said("--wait: wanted a duration with its unit"));
}

TEST_CASE("an option that may stand once is refused twice") {
  Desk desk;
  CHECK(desk.parse({"greet", "Ada", "-n", "1", "--count", "2"}) == refused);
  CHECK(desk.said("--count is given twice"));
}

TEST_CASE("a misspelt command, group or option is answered with what was meant") {
  Desk desk;
  CHECK(desk.parse({"gret"}) == refused);
  CHECK(desk.said("no command named gret; did you mean greet?"));
  CHECK(desk.parse({"file", "chek"}) == refused);
  CHECK(desk.said("no command named file chek; did you mean check?"));
  CHECK(desk.parse({"greet", "Ada", "--fats"}) == refused);
  CHECK(desk.said("--fats: no such option; did you mean --fast?"));
}

TEST_CASE("help goes to the output, lists options with defaults and ends with 0") {
  Desk desk;
  CHECK(desk.parse({"greet", "--help"}) == done);
  CHECK(desk.out.str().find("-n, --count N         how often [3]") != std::string::npos);
  CHECK(desk.out.str().find("--tag TAG         a tag (may be repeated)") != std::string::npos);
  CHECK(desk.out.str().find("Examples:\n  millrace greet Ada\n") != std::string::npos);
  CHECK(desk.parse({"--help"}) == done);
  CHECK(desk.parse({"file", "--help"}) == done);
}

TEST_CASE("no command at all prints the help as an error") {
  Desk desk;
  CHECK(desk.parse({}) == refused);
  CHECK(desk.said("Usage: millrace COMMAND"));
  CHECK(desk.parse({"file"}) == refused);
}

TEST_CASE("every command of the table has a help with an example") {
  Desk desk;
  for (const Command& command : all_commands(desk.session)) {
    CAPTURE(command.words());
    CHECK(command.about().ends_with('.'));
    CHECK(help_of(command).find("millrace " + command.words()) != std::string::npos);
    const bool obvious = command.words() == "version" || command.words() == "serve";
    CHECK((obvious || !command.examples().empty()));
  }
}

TEST_CASE("completion scripts name every command and option") {
  Desk desk;
  const auto commands = all_commands(desk.session);
  for (const std::string& script :
       {bash_completion(commands), zsh_completion(commands), fish_completion(commands)}) {
    for (const char* word :
         {"serve", "check", "commit", "wait-for-deps", "allow-breaking", "tail"}) {
      CAPTURE(word);
      CHECK(script.find(word) != std::string::npos);
    }
  }
}
