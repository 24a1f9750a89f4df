// The examples of docs/schema-language.md do what the page says.
#include <fstream>
#include <sstream>

#include "checking.hpp"
#include "schema/compat.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

std::string page() {
  std::ifstream in(SCHEMA_PAGE);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> examples(const std::string& kind = "schema") {
  const std::string open = "```" + kind + "\n";
  const std::string text = page();
  std::vector<std::string> found;
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    found.push_back(text.substr(at, text.find("```", at) - at));
  }
  return found;
}

}  // namespace

TEST_CASE("every example on the page is valid and in canonical form") {
  REQUIRE(examples().size() == 7);
  for (const std::string& example : examples()) {
    CHECK(messages(example) == "");
    CHECK(format(example, "page").text == example);
  }
}

TEST_CASE("the files that the page calls wrong are answered as the page says") {
  const std::vector<std::string> wrong = examples("wrong");
  REQUIRE(wrong.size() == 2);
  REQUIRE(examples("answer").size() == 2);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    std::string answer;
    for (const Diagnostic& found : parse_and_check({{"greeter.schema", wrong[i]}}).diagnostics)
      answer += to_string(found) + "\n";
    CHECK(answer == examples("answer")[i]);
  }
}

TEST_CASE("the page names every rule and every piece of metadata") {
  const std::string text = page();
  for (const std::string_view rule : rule_names()) {
    INFO(rule);
    CHECK(text.find("`" + std::string(rule) + "`") != std::string::npos);
  }
  for (const char* word :
       {"ingress",   "alias",    "encoding",    "calls",     "database uses", "secrets",
        "config",    "cron",     "publish",     "subscribe", "retry",         "typemap",
        "migration", "artefact", "sql column",  "sql query", "partitions",    "generated",
        "git",       "fixture",  "transaction", "egress",    "image"}) {
    INFO(word);
    CHECK(text.find("`+" + std::string(word)) != std::string::npos);
  }
}

TEST_CASE("the table of compatibility on the page says what is so") {
  const std::string text = page();
  const std::size_t begin = text.find("| old | new | breaks |");
  REQUIRE(begin != std::string::npos);
  std::istringstream lines(text.substr(begin, text.find("\n\n", begin) - begin));
  const auto schema = [](const std::string& fields) {
    return parse_and_check(
               {{"page", "module m { export data T { " + fields + " } export verb v(m.T) m.T }"}})
        .schema;
  };
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> ticks;  // what stands between them: old, ` | `, new, the rest
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '`');) ticks.push_back(cell);
    if (ticks.size() != 5) continue;
    ++rows;
    INFO(line);
    bool request = false;
    bool response = false;
    for (const Change& change : compare(schema(ticks[1]), schema(ticks[3]))) {
      for (const Use& use : change.uses) {
        request = request || use.breaks_request;
        response = response || use.breaks_response;
      }
    }
    const auto says = [&](const char* word) { return ticks[4].find(word) != std::string::npos; };
    CHECK(request == (says("request") || says("both")));
    CHECK(response == (says("response") || says("both")));
    CHECK((request || response) != says("nothing"));
  }
  CHECK(rows == 10);
}
