// Rows in columns, times and durations, as people read them.
#include "cli/table.hpp"

#include "support/catch.hpp"

using namespace millrace::cli;

TEST_CASE("columns are as wide as their widest cell, counted in characters") {
  Table table({"A", "LONG", "LAST"});
  table.row({"jürgen", "", "x"});
  table.row({"b", "two\nlines", "yy"});
  CHECK(table.text(false) ==
        "A       LONG       LAST\n"
        "jürgen  -          x\n"
        "b       two?lines  yy\n");
}

TEST_CASE("times are printed in RFC 3339 with milliseconds, before 1970 too") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(1'795'000'000'007) == "2026-11-18T11:06:40.007Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("an age has one unit") {
  CHECK(age(0) == "0ms");
  CHECK(age(999) == "999ms");
  CHECK(age(61'000) == "1m");
  CHECK(age(86'400'000) == "1d");
}
