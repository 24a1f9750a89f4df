// Every rule of the checker, from both sides: the tables of rules_*.cpp.
#include "rules.hpp"

#include <algorithm>
#include <map>

#include "checking.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

std::vector<RuleCase> all_cases() {
  std::vector<RuleCase> all;
  for (const auto cases :
       {name_cases(), reference_cases(), type_cases(), ingress_cases(), event_cases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

}  // namespace

TEST_CASE("each rule refuses what it is for at the exact place, says what to do, and no more") {
  for (const RuleCase& each : all_cases()) {
    INFO(each.rule << "\n" << each.text << "\n" << messages(each.text));
    CHECK(rules(each.text) == each.found);
    if (each.says != nullptr) CHECK(messages(each.text).find(each.says) != std::string::npos);
  }
}

TEST_CASE("no rule of the language is without a case that it refuses and one that it lets pass") {
  std::map<std::string, std::pair<int, int>> sides;
  for (const RuleCase& each : all_cases()) {
    const std::string found = each.found;
    if (found.empty()) {
      ++sides[each.rule].second;
    } else if (found.find(each.rule) != std::string::npos) {
      ++sides[each.rule].first;
    }
  }
  for (const std::string_view rule : rule_names()) {
    INFO(rule);
    CHECK(sides[std::string(rule)].first > 0);
    CHECK(sides[std::string(rule)].second > 0);
  }
  CHECK(sides.size() == rule_names().size());
}

TEST_CASE("no diagnostic is of a rule that is not listed") {
  const std::vector<std::string_view>& known = rule_names();
  for (const RuleCase& each : all_cases()) {
    for (const Diagnostic& found : parse_and_check({{"f", each.text}}).diagnostics) {
      INFO(found.rule);
      CHECK(std::count(known.begin(), known.end(), found.rule) == 1);
      CHECK(found.severity == Severity::error);
    }
  }
}

TEST_CASE("what nothing carries out is a warning, each at its place, and never an error") {
  const CheckedSchema checked =
      parse_and_check({{"f",
                        "module a {\n  database mysql d\n  topic t Int\n"
                        "  data D { x Int +sql column t.x }\n"
                        "  verb v(Unit) Unit\n    +cron 5m\n"
                        "    +database uses d\n    +egress \"x\"\n"
                        "  verb w(Int) Unit\n    +subscribe t from=latest\n"
                        "    +sql query exec \"x\"\n    +publish t\n}"}});
  CHECK(listed(checked.diagnostics) == "");
  CHECK(listed(checked.warnings) ==
        "not-executed 2:18, not-executed 4:18, not-executed 6:5, not-executed 8:5, "
        "not-executed 10:5, not-executed 11:5");
  REQUIRE_FALSE(checked.warnings.empty());
  CHECK(
      to_string(checked.warnings[2]) ==
      "f:6:5: warning[not-executed]: `+cron` is checked and stored, but nothing calls the verb at "
      "these times yet; let a scheduler of your own call it");
  CHECK(parse_and_check({{"f", "module a { verb v(Unit) Unit +publish t topic t Int }"}})
            .warnings.empty());
}

TEST_CASE("faults are in order of file, line and column as numbers") {
  std::string text = "module a {";
  for (int i = 0; i < 12; ++i) text += "\n  config c" + std::to_string(i) + " X";
  const CheckedSchema checked =
      parse_and_check({{"b", text + "\n}"}, {"a", "module z { data D { x Y y Int y Z } }"}});
  std::vector<Place> places;
  for (const Diagnostic& found : checked.diagnostics) places.push_back(found.place);
  CHECK(places.size() == 15);
  CHECK(std::is_sorted(places.begin(), places.end()));
  CHECK(places.front() == Place{"a", 1, 23});
  CHECK(places.back() == Place{"b", 13, 14});
}

TEST_CASE("beside a syntax error the faults that do not follow from it are told too") {
  CHECK(
      rules("module a {\n  verb v(Unit Unit\n  config x Int\n  config x Int\n  topic t Gone\n}") ==
      "syntax 2:15, duplicate-decl 4:10");
}
