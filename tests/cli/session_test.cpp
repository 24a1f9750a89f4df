// Where the services are, and how errors end a command.
#include "cli/session.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace millrace::cli;
using millrace::statekit::Code;

TEST_CASE("addresses are those of a local serve unless the environment says otherwise") {
  CHECK(addresses({}) == Addresses());
  const auto told = addresses({{"MILLRACE_RUN_SCHEMA", "a:1"},
                               {"MILLRACE_RUN_ROUTING", "a:2"},
                               {"MILLRACE_CLI_ROUTING", "b:2"}});
  REQUIRE(told);
  CHECK(told->schema == "a:1");
  CHECK(told->routing == "b:2");
  CHECK(told->timeline == "127.0.0.1:8894");
}

TEST_CASE("a token goes in clear where the environment says so, and not by itself") {
  CHECK_FALSE(addresses({})->insecure);
  CHECK(addresses({{"MILLRACE_CLI_INSECURE", "true"}})->insecure);
  CHECK(addresses({{"MILLRACE_RUN_INSECURE", "true"}})->insecure);
  CHECK_FALSE(
      addresses({{"MILLRACE_RUN_INSECURE", "true"}, {"MILLRACE_CLI_INSECURE", "false"}})->insecure);
  CHECK_FALSE(addresses({{"MILLRACE_CLI_INSECURE", "perhaps"}}));
}

TEST_CASE("a wrong address in the environment is named") {
  const auto wrong = addresses({{"MILLRACE_CLI_SCHEMA", "8892"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().details ==
        std::vector<std::string>{
            "MILLRACE_CLI_SCHEMA: wanted host:port, such as 127.0.0.1:8892, got \"8892\""});
  CHECK_FALSE(addresses({{"MILLRACE_CLI_SCHEME", "a:1"}}));
}

TEST_CASE("an error ends a command with 1 where the answer is no and with 2 where it is unknown") {
  CHECK(exit_code_of(Code::invalid_argument) == refused);
  CHECK(exit_code_of(Code::not_found) == refused);
  CHECK(exit_code_of(Code::aborted) == refused);
  CHECK(exit_code_of(Code::unavailable) == unable);
  CHECK(exit_code_of(Code::deadline_exceeded) == unable);
  CHECK(exit_code_of(Code::unknown) == unable);
}

TEST_CASE("an error is printed with its details, harmless to a terminal") {
  std::ostringstream err;
  Session session;
  session.err = &err;
  CHECK(session.report({Code::not_found, "no \033[31mmodule", {"did you\r mean x?"}}) == refused);
  CHECK(err.str() == "error: no ?[31mmodule\n  did you? mean x?\n");
  err.str("");
  session.colours = true;  // of what is printed, and errors may go elsewhere
  CHECK(session.report({Code::not_found, "x", {}}) == refused);
  CHECK(err.str() == "error: x\n");
  err.str("");
  session.error_colours = true;
  CHECK(session.report({Code::not_found, "x", {}}) == refused);
  CHECK(err.str() == "\033[31merror:\033[0m x\n");
}

TEST_CASE("colours need a terminal that wants them") {
  CHECK(colours_wanted(true, {}));
  CHECK_FALSE(colours_wanted(false, {}));
  CHECK_FALSE(colours_wanted(true, {{"NO_COLOR", "1"}}));
  CHECK(colours_wanted(true, {{"NO_COLOR", ""}}));
  CHECK_FALSE(colours_wanted(true, {{"TERM", "dumb"}}));
  CHECK(colours_wanted(false, {{"FORCE_COLOR", "1"}}));
  CHECK_FALSE(colours_wanted(false, {{"FORCE_COLOR", ""}}));
  CHECK_FALSE(colours_wanted(true, {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}}));
}
