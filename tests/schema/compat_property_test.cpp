// What comparing says of random edits, held against an independent judge: values.
#include <algorithm>

#include "compat_values.hpp"
#include "generate.hpp"
#include "schema/check.hpp"
#include "schema/compat.hpp"
#include "schema/json.hpp"
#include "schema/resolve.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

constexpr int values_tried = 250;

std::string told(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) text += to_string(change) + "\n";
  return text;
}

bool said(const std::vector<Change>& changes, UseKind kind, const char* verb, bool request) {
  for (const Change& change : changes) {
    for (const Use& use : change.uses) {
      const bool breaks = request ? use.breaks_request : use.breaks_response;
      if (use.kind == kind && use.what.name == verb && breaks) return true;
    }
  }
  return false;
}

bool proven_request(const Index& before, const Index& after, Names names, std::mt19937_64& random) {
  const Type root = ref_to("m", "D0");
  const auto shape = Shape::compile(after, root);
  REQUIRE(shape);
  Values values(before, names, random);
  for (int i = 0; i < values_tried; ++i) {
    if (!shape->canonicalize(values.of(root, false).dump())) return true;
  }
  return false;
}

bool proven_response(const Index& before, const Index& after, Names names,
                     std::mt19937_64& random) {
  const Type root = ref_to("m", "D0");
  Values values(after, names, random);
  for (int i = 0; i < values_tried; ++i) {
    if (!reads(before, root, values.of(root, true), names)) return true;
  }
  return false;
}

// What is called a break though no value proves it: kinds of which some values fit by accident,
// and, for readers, an optional field that is never there again.
bool is_accident(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    return change.before.find('{') != change.after.find('{') ||
           change.before.find("m.") != change.after.find("m.");
  });
}
bool is_never_there(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    return change.rule == "removed-field" || change.rule == "renamed-json";
  });
}

}  // namespace

TEST_CASE("what is called no break has no value that breaks and what is called one has one") {
  std::mt19937_64 random(20);
  int breaks = 0;
  int judged = 0;
  for (int round = 0; round < 400; ++round) {
    const Schema before = random_system(random);
    Schema after = before;
    const std::string edit = mutate(after, random);
    if (!check(before).empty() || !check(after).empty()) continue;
    const std::vector<Change> changes = compare(before, after);
    INFO("round " << round << ": " << edit << "\n" << told(changes));
    const Index old_index(before);
    const Index new_index(after);
    const bool accident = is_accident(changes);
    const bool gone = is_never_there(changes);
    const auto hold = [&](bool proven, bool claimed, bool request, const char* where) {
      INFO(where);
      ++judged;
      breaks += proven ? 1 : 0;
      CHECK((claimed || !proven));
      CHECK((proven || !claimed || accident || (gone && !request)));
    };
    for (const Names names : {Names::fields, Names::json}) {
      const bool web = names == Names::json;
      const UseKind kind = web ? UseKind::route : UseKind::verb;
      hold(proven_request(old_index, new_index, names, random),
           said(changes, kind, web ? "web" : "put", true), true, web ? "web request" : "put");
      hold(proven_response(old_index, new_index, names, random),
           said(changes, kind, web ? "web" : "get", false), false, web ? "web response" : "get");
    }
  }
  CHECK(judged > 800);
  CHECK(breaks > judged / 4);
  CHECK(breaks < judged);
}

TEST_CASE("nothing is different between a schema and itself in any order with other comments") {
  std::mt19937_64 random(3);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    Schema before = random_system(random);
    Schema after = before;
    for (Module& module : after.modules) {
      module.comments.before = {"moved"};
      std::shuffle(module.datas.begin(), module.datas.end(), random);
      std::shuffle(module.enums.begin(), module.enums.end(), random);
      std::shuffle(module.verbs.begin(), module.verbs.end(), random);
      for (Data& data : module.datas) {
        data.comments.before = {"other words"};
        std::shuffle(data.fields.begin(), data.fields.end(), random);
      }
      for (Enum& decl : module.enums)
        std::shuffle(decl.variants.begin(), decl.variants.end(), random);
    }
    CHECK(told(compare(before, after)).empty());
  }
}

TEST_CASE("any two schemas can be compared and each is like itself") {
  Schema last;
  int tried = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    Schema schema = generate_schema(seed);
    resolve(schema);
    const std::vector<Diagnostic> found = check(schema);
    const bool twice = std::any_of(found.begin(), found.end(), [](const Diagnostic& each) {
      return each.rule.starts_with("duplicate");
    });
    if (!twice) {
      ++tried;
      REQUIRE(told(compare(schema, schema)).empty());
    }
    for (const Change& change : compare(last, schema)) {
      REQUIRE(!change.what.empty());
      REQUIRE(change.breaking == !change.rule.empty());
      REQUIRE(change.breaking == std::any_of(change.uses.begin(), change.uses.end(),
                                             [](const Use& use) { return use.breaks(); }));
    }
    last = std::move(schema);
  }
  CHECK(tried > 100);
}
