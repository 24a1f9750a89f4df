// How the text of one setting is read.
#include "values.hpp"
#include "settings/nearest.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;

namespace {
constexpr std::int64_t day_ms = 86'400'000;
std::int64_t duration(std::string_view text) {
  const auto value = read_duration(text, 0, 10 * day_ms);
  return value ? *value : -1;
}
}  // namespace

TEST_CASE("a duration is a sum of units from largest to smallest") {
  CHECK(duration("250ms") == 250);
  CHECK(duration("10s") == 10'000);
  CHECK(duration("1h30m") == 5'400'000);
  CHECK(duration("1d2h3m4s5ms") == day_ms + 7'200'000 + 180'000 + 4'000 + 5);
  CHECK(duration("0") == 0);
}

TEST_CASE("a duration without a unit, out of order, twice or too large is refused") {
  for (const char* text : {"", "10", "s", "1m1h", "1s1s", "-1s", "1.5s", "1 s", "1w", "11d",
                           "9223372036854775807d", "99999999999999999999s"}) {
    CAPTURE(text);
    CHECK(duration(text) == -1);
  }
}

TEST_CASE("a printed duration reads as itself") {
  for (const std::int64_t value : {0L, 1L, 999L, 1000L, 61'001L, 3'600'000L, day_ms + 1}) {
    CHECK(duration(print_duration(value)) == value);
  }
}

TEST_CASE("an integer must be whole and within its limits") {
  CHECK(*read_integer("5", 1, 5) == 5);
  CHECK(*read_integer("-3", -3, 5) == -3);
  for (const char* text : {"", "0", "6", "5x", "x", "5.0", " 5", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(read_integer(text, 1, 5));
  }
}

TEST_CASE("an address is a host with a port") {
  for (const char* text :
       {"127.0.0.1:0", "localhost:65535", "[::1]:80", "my-host.lan:1", "a_b:1"}) {
    CAPTURE(text);
    CHECK(check_address(text));
  }
  for (const char* text : {"", ":", ":80", "host", "80", "host:", "host:65536", "host:x", "::1:80",
                           "[]:80", "[x]:80", "http://host:80", "ho st:80", "host:-1"}) {
    CAPTURE(text);
    CHECK_FALSE(check_address(text));
  }
}

TEST_CASE("a refused address says what to write") {
  CHECK(check_address("8893").error().message ==
        "wanted host:port, such as 127.0.0.1:8893, got \"8893\"");
  CHECK(check_address("db").error().message == "wanted host:port, such as db:PORT, got \"db\"");
}

TEST_CASE("the nearest name is found only where it is near") {
  CHECK(nearest("lisen", {"listen", "timeout"}) == "listen");
  CHECK(nearest("qqqqqq", {"listen", "timeout"}).empty());
  CHECK(did_you_mean("lisen", {"listen"}) == "; did you mean listen?");
  CHECK(did_you_mean("qqqqqq", {"listen"}).empty());
}
