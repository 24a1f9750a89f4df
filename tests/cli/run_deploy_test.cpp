// What `millrace run` waits for instead of giving up.
#include "cli/run/deploy.hpp"

#include "support/catch.hpp"

using millrace::cli::waits_for;
using millrace::statekit::Code;

TEST_CASE("a deploy waits for modules that it refers to, and says which") {
  CHECK(waits_for({Code::invalid_argument,
                   "the schema has faults",
                   {"echo.schema:3:9: error[unknown-ref]: there is no module `time`",
                    "changeset chs-a would make it right but is not committed yet"}}) ==
        "what it refers to: echo.schema:3:9: error[unknown-ref]: there is no module `time`");
}

TEST_CASE("a deploy with any other fault is not tried again") {
  CHECK(waits_for({Code::invalid_argument,
                   "the schema has faults",
                   {"e:3:9: error[unknown-ref]: no `time`", "e:4:1: error[syntax]: no"}})
            .empty());
  CHECK(waits_for({Code::invalid_argument, "wrong", {}}).empty());
  CHECK(waits_for({Code::failed_precondition, "this build was replaced", {}}).empty());
}

TEST_CASE("a deploy waits for another changeset and for the schema service") {
  CHECK(waits_for({Code::aborted, "chs-a holds echo", {}}) == "chs-a holds echo");
  CHECK(waits_for({Code::unavailable, "cannot be reached", {}}) == "cannot be reached");
}

TEST_CASE("G4: a deploy of which nobody knows whether it was done is asked for again") {
  CHECK(waits_for({Code::unknown, "it is not known", {}}) == "it is not known");
}
