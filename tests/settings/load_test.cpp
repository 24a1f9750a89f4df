// How the four sources meet.
#include "sample.hpp"
#include "settings/log.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;
using Lines = std::vector<std::string>;

TEST_CASE("a field keeps its default where no source sets it") {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  const auto loaded = load(fields, {});
  REQUIRE(loaded);
  CHECK(sample.calls_max == 1000);
  CHECK(loaded->source_of.at("routing.calls_max") == Source::defaults);
  CHECK(loaded->source_of.size() == fields.all().size());
}

TEST_CASE(
    "a flag wins over the environment, which wins over the file, which wins over the default") {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  const SampleFile file("[routing]\ncalls_max = 2\ntimeout = \"2s\"\nlisten = \"0.0.0.0:2\"\n");
  Sources sources{file.path(), true, {}, {}};
  sources.environment = {{"MILLRACE_ROUTING_CALLS_MAX", "3"}, {"MILLRACE_ROUTING_TIMEOUT", "3s"}};
  sources.arguments = {"--routing.calls_max=4"};
  const auto loaded = load(fields, sources);
  REQUIRE(loaded);
  CHECK(sample.calls_max == 4);
  CHECK(sample.timeout_ms == 3000);
  CHECK(sample.listen == "0.0.0.0:2");
  CHECK(sample.data == ".millrace");
  CHECK(loaded->source_of.at("routing.calls_max") == Source::flag);
  CHECK(loaded->source_of.at("routing.timeout") == Source::environment);
  CHECK(loaded->source_of.at("routing.listen") == Source::file);
}

TEST_CASE("the faults of all sources are reported at once, each with its place") {
  const SampleFile file("data = 7\n\n[routing]\ncalls_maxx = 2\ntimeout = 5\n");
  Sources sources{file.path(), true, {}, {}};
  sources.environment = {{"MILLRACE_ROUTING_LISTEN", "8893"}, {"MILLRACE_ROUTIN_TRACE", "true"}};
  sources.arguments = {"--routing.calls_max=0", "--routing.pears=a", "stray"};
  CHECK(faults_of(sources) ==
        Lines{file.path() + ":1: data: wanted a string in quotes",
              file.path() + ":4: routing.calls_maxx: no such setting; did you mean "
                            "routing.calls_max?",
              file.path() + ":5: routing.timeout: wanted a duration in quotes, such as \"10s\"",
              "MILLRACE_ROUTIN_TRACE: no such setting; did you mean MILLRACE_ROUTING_TRACE?",
              "MILLRACE_ROUTING_LISTEN: wanted host:port, such as 127.0.0.1:8893, got \"8893\"",
              "--routing.pears: no such setting; did you mean routing.peers?",
              "stray: not a setting; write --section.field=value",
              "--routing.calls_max: wanted an integer from 1 to 100000, got \"0\""});
}

TEST_CASE("what millrace run hands to its program is no setting and no fault") {
  Sources sources;
  sources.environment = {{"MILLRACE_RUN_SCHEMA", "127.0.0.1:8892"}, {"MILLRACE_RUN_NEW", ""}};
  CHECK(faults_of(sources).empty());
}

TEST_CASE("the settings of another binary are passed over in the environment") {
  Sources sources;
  sources.environment = {{"MILLRACE_INGRESS_HTTP_LISTEN", "anything"}};
  CHECK(faults_of(sources).empty());
}

TEST_CASE("a variable of the environment is a fault only where it was meant as a setting") {
  Sources sources;
  sources.environment = {{"MILLRACE_SERVICE_HOST", "10.0.0.1"},
                         {"MILLRACE_PORT_8892_TCP", "x"},
                         {"MILLRACE_LONG", "1"},
                         {"MILLRACE_ROUTING_QQQQQQQ", "1"},
                         {"MILLRACE_DATTA", "x"}};
  CHECK(faults_of(sources) == Lines{"MILLRACE_DATTA: no such setting; did you mean MILLRACE_DATA?",
                                    "MILLRACE_ROUTING_QQQQQQQ: no such setting"});
}

TEST_CASE("what an orchestrator sets of a service named after one of ours is no setting") {
  Sources sources;
  sources.environment = {{"MILLRACE_ROUTING_SERVICE_HOST", "10.0.0.1"},
                         {"MILLRACE_ROUTING_SERVICE_PORT", "8893"},
                         {"MILLRACE_ROUTING_SERVICE_PORT_GRPC", "8893"},
                         {"MILLRACE_ROUTING_PORT", "tcp://10.0.0.1:8893"},
                         {"MILLRACE_ROUTING_PORT_8893_TCP", "tcp://10.0.0.1:8893"},
                         {"MILLRACE_ROUTING_PORT_8893_TCP_ADDR", "10.0.0.1"},
                         {"MILLRACE_ROUTING_PORT_8893_TCP_PROTO", "tcp"}};
  CHECK(faults_of(sources).empty());
  sources.environment = {{"MILLRACE_ROUTING_PORT", "8893"}, {"MILLRACE_ROUTING_PORT_X", "8893"}};
  CHECK(faults_of(sources) ==
        Lines{"MILLRACE_ROUTING_PORT: no such setting; did you mean MILLRACE_ROUTING_PEERS?",
              "MILLRACE_ROUTING_PORT_X: no such setting"});
}

TEST_CASE("a flag takes its value after an equals sign or as the next word") {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  Sources sources;
  sources.arguments = {"--routing.calls_max", "7", "--routing.trace", "--routing.peers=a:1, b:2"};
  REQUIRE(load(fields, sources));
  CHECK(sample.calls_max == 7);
  CHECK(sample.trace);
  CHECK(sample.peers == Lines{"a:1", "b:2"});
}

TEST_CASE("a flag without its value is a fault") {
  Sources sources;
  sources.arguments = {"--routing.calls_max", "--data=x"};
  CHECK(faults_of(sources) ==
        Lines{"--routing.calls_max: needs a value; write --routing.calls_max=VALUE"});
}

TEST_CASE("a wrong value is a fault even where a later source covers it") {
  Sources sources;
  sources.environment = {{"MILLRACE_ROUTING_CALLS_MAX", "many"}};
  sources.arguments = {"--routing.calls_max=4"};
  CHECK(faults_of(sources) == Lines{"MILLRACE_ROUTING_CALLS_MAX: wanted an integer from 1 to "
                                    "100000, got \"many\""});
}

TEST_CASE("the help lists each setting with its default") {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  const std::string table = help(fields);
  CHECK(table.find("  --routing.calls_max  calls in flight [1000]\n") != std::string::npos);
  CHECK(table.find("of a call without its own [10s]\n") != std::string::npos);
  CHECK(table.find("  --routing.peers      addresses to follow\n") != std::string::npos);
}

TEST_CASE("a choice takes one of its words and names them all when it is another") {
  Log chosen;
  Fields fields;
  describe(fields, chosen);
  Sources sources;
  sources.arguments = {"--log.level=debug", "--log.format=xml"};
  const auto loaded = load(fields, sources);
  CHECK(chosen.level == "debug");
  REQUIRE_FALSE(loaded);
  REQUIRE(loaded.error().details.size() == 1);
  CHECK(loaded.error().details[0].find("text,json") != std::string::npos);
}
