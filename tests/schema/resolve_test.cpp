// Names and what they lead to: resolve, Index, builtin, imports.
#include "schema/resolve.hpp"

#include "files.hpp"
#include "schema/builtin.hpp"
#include "schema/index.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

Schema resolved(const std::string& text) {
  ParseResult result = parse(text, "f");
  REQUIRE(result.ok());
  resolve(result.schema);
  return result.schema;
}

}  // namespace

TEST_CASE("a name is a type parameter, then of the module, then builtin") {
  const Schema schema = resolved(
      "module a { data T {} data Ref {} data D<T> { t T r Ref e Empty x Unknown o other.T }"
      " data E { t T } }");
  const std::vector<Field>& fields = schema.modules[0].datas[2].fields;
  CHECK(to_string(fields[0].type) == "T");
  CHECK(to_string(fields[1].type) == "a.Ref");
  CHECK(to_string(fields[2].type) == "builtin.Empty");
  CHECK(to_string(fields[3].type) == "Unknown");
  CHECK(to_string(fields[4].type) == "other.T");
  CHECK(to_string(schema.modules[0].datas[3].fields[0].type) == "a.T");
}

TEST_CASE("references in metadata are qualified too and a second time changes nothing") {
  Schema schema = resolved(
      "module a { config c Int verb w(Unit) Unit topic t Int verb v(Unit) Unit +calls w, b.w"
      " +config c +publish t +subscribe t from=latest +retry catch w }");
  CHECK(print_without_comments(schema.modules[0])
            .find("    +calls a.w, b.w\n    +config a.c\n    +publish a.t\n"
                  "    +subscribe a.t from=latest\n    +retry catch a.w\n") != std::string::npos);
  const Schema before = schema;
  resolve(schema);
  CHECK(schema == before);
}

TEST_CASE("every name that resolve knows as builtin is declared there and the other way round") {
  for_each_decl(builtin_module(), [](const auto& decl) {
    const Schema schema = resolved("module a { data D { x " + decl.name + " } }");
    CHECK(schema.modules[0].datas[0].fields[0].type.ref.module == "builtin");
  });
  CHECK(builtin_module().datas.size() == 6);
  CHECK(builtin_module().builtin);
}

TEST_CASE("an index finds every kind of declaration and keeps config and secret apart") {
  const Schema schema = resolved(
      "module a { config x Int secret x String database mysql d topic t Int typealias y Int"
      " enum e { A Int } data D {} verb v(Unit) Unit }");
  const Index index(schema);
  CHECK(index.module("a") == &schema.modules[0]);
  CHECK(index.module("b") == nullptr);
  CHECK(index.config({"a", "x", {}}) == &schema.modules[0].configs[0]);
  CHECK(index.secret({"a", "x", {}}) == &schema.modules[0].secrets[0]);
  CHECK(index.database({"a", "d", {}}) != nullptr);
  CHECK(index.topic({"a", "t", {}}) != nullptr);
  CHECK(index.type_alias({"a", "y", {}}) != nullptr);
  CHECK(index.enumeration({"a", "e", {}}) != nullptr);
  CHECK(index.verb({"a", "v", {}}) != nullptr);
  CHECK(index.verb({"a", "D", {}}) == nullptr);
  CHECK(index.data({"builtin", "HttpRequest", {}}) != nullptr);
  CHECK(keyword_of(index.find({"a", "v", {}})) == "verb");
  CHECK(keyword_of(index.find({"z", "v", {}})) == "nothing");
}

TEST_CASE("aliases are followed to the type behind them and a circle of them ends") {
  const Schema schema =
      resolved("module a { typealias X Y? typealias Y [Int] typealias L M typealias M L }");
  const Index index(schema);
  CHECK(to_string(without_aliases(index, ref_to("a", "X"))) == "[Int]?");
  CHECK(without_aliases(index, ref_to("a", "L")).kind == TypeKind::any);
}

TEST_CASE("imports are the other modules that types and metadata name") {
  const Schema schema =
      resolved("module a { data D { x [b.X<c.Y>] r Ref d D } verb v(Unit) Unit +calls e.w, a.v }");
  CHECK(imports(schema.modules[0]) == std::vector<std::string>{"b", "c", "e"});
}

TEST_CASE("the types of an ingress verb are taken out of its request and response") {
  const Schema schema = resolved(
      "module a { verb v(HttpRequest<Int, Unit, {String: String}>) HttpResponse<Bool, Time>"
      " +ingress http GET /x verb w(Unit) HttpResponse<Bool, Time> }");
  const auto types = http_types(schema.modules[0].verbs[0]);
  REQUIRE(types.has_value());
  CHECK(to_string(types->body) == "Int");
  CHECK(to_string(types->query) == "{String: String}");
  CHECK(to_string(types->error) == "Time");
  CHECK_FALSE(http_types(schema.modules[0].verbs[1]).has_value());
  REQUIRE(ingress_verbs(schema).size() == 1);
  CHECK(ingress_verbs(schema)[0].verb->name == "v");
}
