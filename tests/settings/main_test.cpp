// What every main does with its command line.
#include "settings/main.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;

namespace {

struct Outcome {
  std::optional<int> exit_code;
  std::string out, err;
  Sample sample;
};

// Swaps a stream's buffer for as long as it lives.
class Captured {
 public:
  explicit Captured(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~Captured() { stream_.rdbuf(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* before_;
};

Outcome run(std::vector<const char*> words) {
  Outcome outcome;
  Fields fields;
  describe(fields, outcome.sample);
  fields.foreign("schema");
  words.insert(words.begin(), "millrace-sample");
  const Captured out(std::cout);
  const Captured err(std::cerr);
  outcome.exit_code =
      configure({"millrace-sample", "Does nothing.", "  millrace-sample\n"}, fields,
                static_cast<int>(words.size()), words.data(), Versions::plain(fields));
  outcome.out = out.text();
  outcome.err = err.text();
  return outcome;
}

}  // namespace

TEST_CASE("flags and a file together configure a binary") {
  const SampleFile file("[routing]\ncalls_max = 9\n[schema]\nlisten = 'other'\n");
  const Outcome outcome = run({"--settings", file.path().c_str(), "--routing.timeout", "5s"});
  CHECK_FALSE(outcome.exit_code);
  CHECK(outcome.err.empty());
  CHECK(outcome.sample.calls_max == 9);
  CHECK(outcome.sample.timeout_ms == 5000);
}

TEST_CASE("the help teaches settings, sources and examples and ends with 0") {
  const Outcome outcome = run({"--help"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("--routing.timeout") != std::string::npos);
  CHECK(outcome.out.find("MILLRACE_<SECTION>_<FIELD>") != std::string::npos);
  CHECK(outcome.out.find("Examples:\n  millrace-sample\n") != std::string::npos);
}

TEST_CASE("the help says which settings only version 2 has, by their names there") {
  Fields fields;
  std::string data, kms;
  bool insecure = false;
  fields.text("data", data, "a folder");
  fields.boolean("insecure", insecure, "in clear");
  fields.text("schema.kms", kms, "a socket");
  const Captured out(std::cout);
  const char* words[] = {"millrace-sample", "--help"};
  CHECK(configure({"millrace-sample", "Does nothing.", {}}, fields, 2, words) == 0);
  const std::string text = out.text();
  const auto later = text.find("\nOnly where version 2 is named (see below):\n");
  REQUIRE(later != std::string::npos);
  CHECK(text.find("  --data  ") < later);
  INFO(text);
  for (const char* only_there : {"  --insecure  ", "  --schema.secrets.kms  "}) {
    const auto at = text.find(only_there);
    REQUIRE(at != std::string::npos);
    CHECK(at > later);
  }
}

TEST_CASE("the version is printed with the binary's name") {
  const Outcome outcome = run({"--version"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "millrace-sample " + std::string(version()) + "\n");
}

TEST_CASE("faults go to stderr with the binary's name and end with 1") {
  const Outcome outcome = run({"--routing.timeot=1s", "--routing.calls_max", "none"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.empty());
  CHECK(outcome.err ==
        "millrace-sample: 2 settings are wrong\n"
        "  --routing.timeot: no such setting; did you mean routing.timeout?\n"
        "  --routing.calls_max: wanted an integer from 1 to 100000, got \"none\"\n"
        "`millrace-sample --help` lists every setting.\n");
}

TEST_CASE("what lost its meaning is told once, with what to write instead, and counted") {
  std::string data;
  Fields fields;
  fields.text("data", data, "a folder");
  const Versions versions{
      {{1, {{"data", "text", "data", {}, {}}, {"turbo", "boolean", "", "leave it out", {}}}},
       {2, {{"data", "text", "data", {}, {}}}}}};
  const Captured err(std::cerr);
  const char* words[] = {"millrace-sample", "--turbo=true", "--data=x"};
  CHECK_FALSE(configure({"millrace-sample", "Does nothing.", {}}, fields, 3, words, versions));
  CHECK(data == "x");
  CHECK(fields.deprecated() == 1);
  const std::string said = err.text();
  CHECK(said.find("millrace-sample: DEPRECATED: --turbo: turbo has lost its meaning: leave it "
                  "out\n") == 0);
  CHECK(said.find("DEPRECATED") == said.rfind("DEPRECATED"));
  struct Counted {
    double value = -1;
    Counted& counter(const std::string& name, const std::string&) {
      CHECK(name == "millrace_settings_deprecated_total");
      return *this;
    }
    void add(double more) { value = more; }
  } counted;
  count_deprecated(counted, fields);
  CHECK(counted.value == 1);
}

TEST_CASE("the settings file may be named by the environment") {
  const SampleFile file("[routing]\ncalls_max = 11\n");
  setenv("MILLRACE_SETTINGS", file.path().c_str(), 1);
  const Outcome outcome = run({});
  unsetenv("MILLRACE_SETTINGS");
  CHECK_FALSE(outcome.exit_code);
  CHECK(outcome.sample.calls_max == 11);
}

TEST_CASE("a settings file that was named must be there") {
  const Outcome outcome = run({"--settings=/nonexistent.toml"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err.find("/nonexistent.toml: cannot be opened") != std::string::npos);
}

TEST_CASE("a check of the settings starts nothing, tells what is right, and ends with 0 or 1") {
  const Outcome right = run({"--check-settings"});
  CHECK(right.exit_code == 0);
  CHECK(right.out == "millrace-sample: the settings are right\n");
  CHECK(run({"--check-settings", "--routing.calls_max=0"}).exit_code == 1);
}

TEST_CASE("what nothing can be done with is a warning at a start and a fault of a check") {
  const auto configured = [](std::vector<const char*> words) {
    std::string data;
    Fields fields;
    fields.text("data", data, "a folder");
    fields.judge("data", [&]() -> std::optional<Objection> {
      if (data == "odd") return Objection{Weight::odd, "is odd"};
      return Objection{Weight::useless, "is for nothing"};
    });
    words.insert(words.begin(), "millrace-sample");
    const Captured out(std::cout);
    const Captured err(std::cerr);
    const Binary binary{"millrace-sample", "Does nothing.", {}, [] {
                          return std::vector<std::string>{"a file is missing"};
                        }};
    const auto exit_code = configure(binary, fields, static_cast<int>(words.size()), words.data(),
                                     Versions::plain(fields));
    return std::pair(exit_code, err.text());
  };
  CHECK(configured({"--data=x"}) ==
        std::pair(std::optional<int>(), std::string("millrace-sample: warning: --data: is for "
                                                    "nothing\n")));
  CHECK(configured({"--data=odd"}).second == "millrace-sample: hint: --data: is odd\n");
  CHECK(configured({"--data=x", "--check-settings"}) ==
        std::pair(std::optional<int>(1),
                  std::string("millrace-sample: 2 settings are wrong\n  --data: is for nothing\n"
                              "  a file is missing\n"
                              "`millrace-sample --help` lists every setting.\n")));
}
