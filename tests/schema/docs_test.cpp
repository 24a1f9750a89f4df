// The examples of docs/schema-language.md do what the page says.
#include <fstream>
#include <sstream>

#include "checking.hpp"
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

std::vector<std::string> examples() {
  static const std::string open = "```schema\n";
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
  REQUIRE(examples().size() == 2);
  for (const std::string& example : examples()) {
    CHECK(messages(example) == "");
    CHECK(format(example, "page").text == example);
  }
}

TEST_CASE("the page names every rule and every piece of metadata") {
  const std::string text = page();
  for (const char* rule :
       {"syntax",          "invalid-name",   "reserved-name", "duplicate-module", "-decl",
        "-field",          "-variant",       "-alias",        "-metadata",        "unknown-ref",
        "wrong-kind",      "not-exported",   "hidden-type",   "type-params",      "recursive-type",
        "import-cycle",    "metadata-place", "enum-value",    "map-key",          "ingress-request",
        "-response",       "-path",          "-body",         "-query",           "-overlap",
        "cron-expression", "cron-verb",      "retry",         "subscribe",        "topic-name",
        "partitions",      "dead-letter",    "egress"}) {
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
