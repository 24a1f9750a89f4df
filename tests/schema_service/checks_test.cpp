// A change is checked against the part of the schema that it concerns. Here the whole schema is the
// judge of that: both must find the same.
#include <map>
#include <set>

#include "schema/check.hpp"
#include "services/schema/concerned.hpp"
#include "services/schema/decide_parts.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace test = millrace::test;

namespace {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

// Modules m0 to m7 that refer to each other's data at random, some with a route.
schema::Module random_module(test::RandomChanges& random, const std::string& name) {
  schema::Module module = test::module_with(name, {});
  if (random.number(8) == 0) {
    module.realm = "r";
    module.external = random.number(4) == 0;
  }
  schema::Data data;
  data.name = "D" + std::to_string(random.number(2));
  data.visibility =
      random.number(4) == 0 ? schema::Visibility::internal : schema::Visibility::exported;
  for (std::uint64_t i = random.number(3); i > 0; --i) {
    schema::Field field;
    field.name = "f" + std::to_string(i);
    field.type = schema::ref_to("m" + std::to_string(random.number(8)),
                                "D" + std::to_string(random.number(2)));
    if (field.type.ref.module == name) field.type = schema::array_of(std::move(field.type));
    data.fields.push_back(std::move(field));
  }
  module.datas.push_back(std::move(data));
  if (random.flip()) {
    schema::Verb verb;
    verb.name = "get";
    const schema::Type unit = schema::type_of(schema::TypeKind::unit);
    verb.request = schema::ref_to("builtin", "HttpRequest", {unit, unit, unit});
    verb.response = schema::ref_to("builtin", "HttpResponse", {unit, unit});
    verb.metadata.push_back(
        {schema::Ingress{"GET", "/r" + std::to_string(random.number(6))}, {}, {}});
    module.verbs.push_back(std::move(verb));
  }
  return module;
}

class Deployed {
 public:
  // Makes these modules canonical and takes those away, whatever the rules say.
  void change(const Modules& modules, const std::vector<std::string>& removed) {
    schema::ChangesetCreated created;
    schema::ChangesetCommitted committed;
    created.changeset.key = "chs-" + std::to_string(++changes_);
    committed.changeset = created.changeset.key;
    for (const auto& module : modules) {
      schema::Deployment deployment = test::deployment_of(*module, std::to_string(changes_));
      created.changeset.deployments.push_back(deployment.key);
      created.deployments.push_back(std::move(deployment));
      replace(module->name, committed);
      whole_[module->name] = module;
    }
    for (const std::string& name : removed) {
      replace(name, committed);
      whole_.erase(name);
    }
    state_.apply({{state_.revision() + 1, 0, "", ""}, {created, committed}});
  }

  bool whole_is_right_after(const Modules& modules, const std::vector<std::string>& removed) const {
    auto all = whole_;
    std::set<std::string> changed(removed.begin(), removed.end());
    for (const auto& module : modules) {
      all[module->name] = module;
      changed.insert(module->name);
    }
    for (const std::string& name : removed) all.erase(name);
    schema::Schema schema;
    for (const auto& [name, module] : all) schema.modules.push_back(*module);
    return schema::check_changed(schema, changed).empty();
  }

  // In flight from now on, and nothing else is.
  schema::Changeset begin(const Modules& modules, const std::vector<std::string>& removed) {
    schema::ChangesetCreated created;
    created.changeset.key = "chs-" + std::to_string(++changes_);
    created.changeset.removed_modules = removed;
    for (const auto& module : modules) {
      created.deployments.push_back(test::deployment_of(*module, std::to_string(changes_)));
      created.changeset.deployments.push_back(created.deployments.back().key);
    }
    state_.apply({{state_.revision() + 1, 0, "", ""}, {created}});
    return created.changeset;
  }
  void give_up(const std::string& changeset) {
    state_.apply(
        {{state_.revision() + 1, 0, "", ""}, {schema::ChangesetFailed{changeset, "over"}}});
  }

  const service::State& state() const { return state_; }
  std::string any(test::RandomChanges& random) const {
    auto at = whole_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random.number(whole_.size())));
    return at->first;
  }
  bool empty() const { return whole_.empty(); }

 private:
  void replace(const std::string& name, schema::ChangesetCommitted& committed) const {
    if (const auto* deployment = state_.canonical(name))
      committed.replaced.push_back(deployment->key);
  }
  service::State state_;
  std::map<std::string, std::shared_ptr<const schema::Module>> whole_;
  int changes_ = 0;
};

}  // namespace

TEST_CASE("a realm that is external for what is deployed and not for what comes is refused") {
  Deployed deployed;
  auto there = std::make_shared<schema::Module>(test::module_with("there", {}));
  there->realm = "r";
  deployed.change({there, std::make_shared<schema::Module>(test::module_with("free", {}))}, {});
  auto come = std::make_shared<schema::Module>(test::module_with("come", {}));
  come->realm = "r";
  CHECK(service::check_change(deployed.state(), {come}, {}));
  come->external = true;
  const auto refused = service::check_change(deployed.state(), {come}, {});
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].find(
            "error[duplicate-realm]: the realm `r` is not external for the module `there`") !=
        std::string::npos);
  CHECK(service::check_change(deployed.state(), {come}, {"there"}));
  there = std::make_shared<schema::Module>(*there);
  there->external = true;
  CHECK(service::check_change(deployed.state(), {come, there}, {}));
}

TEST_CASE("the part of a schema that a change concerns is judged as the whole would be") {
  int right = 0;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    test::RandomChanges random(seed);
    Deployed deployed;
    for (int step = 0; step < 40; ++step) {
      Modules modules;
      std::vector<std::string> removed;
      const std::string name = "m" + std::to_string(random.number(8));
      if (!deployed.empty() && random.number(4) == 0) removed.push_back(deployed.any(random));
      if (removed.empty() || removed[0] != name)
        modules.push_back(std::make_shared<const schema::Module>(random_module(random, name)));
      const bool whole = deployed.whole_is_right_after(modules, removed);
      const bool part = service::check_change(deployed.state(), modules, removed).has_value();
      REQUIRE(part == whole);
      ++(whole ? right : wrong);
      // Wrong changes go in at times too, since what is deployed may have become wrong.
      if (whole || random.number(20) == 0) deployed.change(modules, removed);
    }
  }
  CHECK(right > 300);
  CHECK(wrong > 300);
}

TEST_CASE("changes that do not touch are right together when each of them is") {
  int apart = 0;
  int touching = 0;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    test::RandomChanges random(seed);
    Deployed deployed;
    for (int step = 0; step < 40; ++step) {
      const auto draw = [&](std::uint64_t first, Modules& modules,
                            std::vector<std::string>& removed) {
        const std::string name = "m" + std::to_string(first + random.number(4));
        if (deployed.state().canonical(name) != nullptr && random.number(4) == 0)
          removed.push_back(name);
        else
          modules.push_back(std::make_shared<const schema::Module>(random_module(random, name)));
      };
      Modules ours;
      Modules theirs;
      std::vector<std::string> our_removed;
      std::vector<std::string> their_removed;
      draw(0, ours, our_removed);
      draw(4, theirs, their_removed);
      if (!deployed.whole_is_right_after(theirs, their_removed)) continue;
      const bool alone = deployed.whole_is_right_after(ours, our_removed);
      const schema::Changeset other = deployed.begin(theirs, their_removed);
      const auto touched = service::Concerned(deployed.state(), ours, our_removed).touched();
      REQUIRE(touched.size() <= 1);
      const bool touches = !touched.empty();
      deployed.give_up(other.key);
      Modules both = ours;
      both.insert(both.end(), theirs.begin(), theirs.end());
      std::vector<std::string> both_removed = our_removed;
      both_removed.insert(both_removed.end(), their_removed.begin(), their_removed.end());
      const bool together = deployed.whole_is_right_after(both, both_removed);
      if (!touches) REQUIRE(together == alone);
      ++(touches ? touching : apart);
      wrong += alone ? 0 : 1;
      if (alone) deployed.change(ours, our_removed);
      if (random.flip()) deployed.change(theirs, their_removed);
    }
  }
  CHECK(apart > 100);
  CHECK(touching > 100);
  CHECK(wrong > 100);
}
