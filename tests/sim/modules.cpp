#include "sim/modules.hpp"

#include <map>
#include <stdexcept>

#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace millrace::sim {
namespace {

// The type of alpha.limit is another in each version that declares it. alpha is called by beta;
// version 2 of alpha drops the verb that beta calls.
constexpr const char* alpha[versions] = {
    "module alpha { config limit Int  export verb one(Unit) Unit }",
    ("module alpha { config limit String  config title String "
     "export verb one(Unit) Unit  export verb two(String) Int }"),
    "module alpha { export verb two(String) Int }"};
constexpr const char* beta[versions] = {
    "module beta { verb ask(Unit) Unit +calls alpha.one }",
    "module beta { verb ask(Unit) Unit  verb tell(Int) Unit }",
    "module beta { verb ask(Unit) Unit +calls alpha.one, gamma.list }"};
// gamma and delta claim the same route in their versions 1.
constexpr const char* gamma[versions] = {
    "module gamma { export verb list(builtin.HttpRequest<Unit, Unit, Unit>) "
    "builtin.HttpResponse<String, String> +ingress http GET /gamma }",
    "module gamma { export verb list(builtin.HttpRequest<Unit, Unit, Unit>) "
    "builtin.HttpResponse<String, String> +ingress http GET /shared }",
    "module gamma { export verb list(Unit) Unit }"};
constexpr const char* delta[versions] = {
    "module delta { verb get(builtin.HttpRequest<Unit, Unit, Unit>) "
    "builtin.HttpResponse<String, String> +ingress http GET /delta }",
    "module delta { verb get(builtin.HttpRequest<Unit, Unit, Unit>) "
    "builtin.HttpResponse<String, String> +ingress http GET /shared }",
    "module delta { verb get(Unit) Unit }"};
// epsilon has no verb, so it needs no endpoint.
constexpr const char* epsilon[versions] = {
    "module epsilon { config title String export data A { x Int } }",
    "module epsilon { config title Int config limit Int export data A { x Int y Int? } }",
    "module epsilon { export data B { z String } }"};

using Texts = const char* const*;
const std::map<std::string, Texts>& texts() {
  static const std::map<std::string, Texts> all = {
      {"alpha", alpha}, {"beta", beta}, {"gamma", gamma}, {"delta", delta}, {"epsilon", epsilon}};
  return all;
}

std::shared_ptr<const schema::Module> read(const char* text) {
  schema::ParseResult parsed = schema::parse(text, "sim.schema");
  if (!parsed.ok() || parsed.schema.modules.size() != 1)
    throw std::runtime_error(std::string("a module of the simulation does not parse: ") + text);
  schema::resolve(parsed.schema);
  return std::make_shared<const schema::Module>(parsed.schema.modules.front());
}

}  // namespace

const std::vector<std::string>& module_names() {
  static const std::vector<std::string> names = {"alpha", "beta", "gamma", "delta", "epsilon"};
  return names;
}

std::shared_ptr<const schema::Module> module_of(const std::string& name, std::size_t version) {
  static std::map<std::string, std::shared_ptr<const schema::Module>> made;
  auto& module = made[name + std::to_string(version)];
  if (module == nullptr) module = read(texts().at(name)[version]);
  return module;
}

}  // namespace millrace::sim
