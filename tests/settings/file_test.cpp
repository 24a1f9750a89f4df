// What a settings file may hold.
#include "sample.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;
using Lines = std::vector<std::string>;

namespace {
Lines faults_of_file(const std::string& text) {
  const SampleFile file(text);
  Lines faults = faults_of({file.path(), true, {}, {}});
  for (std::string& line : faults) line.replace(0, file.path().size(), "F");
  return faults;
}
}  // namespace

TEST_CASE("each kind of setting reads its own kind of value") {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  const SampleFile file(
      "data = 'd'\nrouting.trace = true\nrouting.peers = ['a:1', 'b:2']\n"
      "routing.calls_max = 5\nrouting.timeout = '1m'\nrouting.listen = '[::1]:0'\n");
  REQUIRE(load(fields, {file.path(), true, {}, {}}));
  CHECK(sample.data == "d");
  CHECK(sample.trace);
  CHECK(sample.peers == Lines{"a:1", "b:2"});
  CHECK(sample.calls_max == 5);
  CHECK(sample.timeout_ms == 60'000);
  CHECK(sample.listen == "[::1]:0");
}

TEST_CASE("a section of another binary is passed over, a misspelt one is not") {
  CHECK(faults_of_file("[ingress]\nanything = 1\n[rooting]\nlisten = 'a:1'\n") ==
        Lines{"F:3: rooting: no such setting; did you mean routing?"});
}

TEST_CASE("a section that is written as something else is told how it is written") {
  const std::string told =
      "routing: is a section, not a setting: write [routing], and below it lines such as listen = "
      "...";
  CHECK(faults_of_file("[[routing]]\nlisten = 'a:1'\n") == Lines{"F:1: " + told});
  CHECK(faults_of_file("routing = 'x'\n") == Lines{"F:1: " + told});
}

TEST_CASE("a file that is not TOML is refused with its line and column") {
  const Lines faults = faults_of_file("data = 'd'\n[routing\n");
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].starts_with("F:2:"));
}

TEST_CASE("a value of another kind is refused with what to write") {
  CHECK(faults_of_file("[routing]\ncalls_max = '5'\ntrace = 'yes'\npeers = [1]\nlisten = 1\n") ==
        Lines{"F:2: routing.calls_max: wanted an integer, without quotes",
              "F:5: routing.listen: wanted host:port in quotes, such as \"127.0.0.1:8080\"",
              "F:4: routing.peers: wanted a list of strings without commas in them, such as "
              "[\"a\", \"b\"]",
              "F:3: routing.trace: wanted true or false, without quotes"});
}

TEST_CASE("a file that is named but missing is refused, one that is only usual is not") {
  CHECK(faults_of({"/nonexistent/millrace.toml", false, {}, {}}).empty());
  CHECK(faults_of({"/nonexistent/millrace.toml", true, {}, {}}) ==
        Lines{"/nonexistent/millrace.toml: cannot be opened; is it there and readable?"});
}

TEST_CASE("a directory and a huge file are refused") {
  CHECK(faults_of({"/tmp", true, {}, {}}) == Lines{"/tmp: cannot be read; is it a file?"});
  CHECK(faults_of_file(std::string((1 << 20) + 1, '#')) ==
        Lines{"F: larger than 1 MiB, which no settings file should be"});
}
