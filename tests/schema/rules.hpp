// Cases of the checker's rules as tables, one for each group: for each rule texts that it refuses,
// with the exact places, and texts that are like them and valid. `rules_test.cpp` runs them all and
// sees that no rule of the language is without cases on both sides.
#pragma once

#include <span>

namespace millrace::schema {

struct RuleCase {
  const char* rule;
  const char* text;
  // What is found, as `rule line:column` in order of the places, ", " between; "" for a valid text.
  const char* found;
  // A piece of the message that says what to do; null: the rule's other cases show it.
  const char* says = nullptr;
};

// One for each file of cases.
std::span<const RuleCase> name_cases();
std::span<const RuleCase> reference_cases();
std::span<const RuleCase> type_cases();
std::span<const RuleCase> ingress_cases();
std::span<const RuleCase> event_cases();

}  // namespace millrace::schema
