// What breaks callers and what does not, a row for each kind of change and each direction.
#include "schema/compat.hpp"

#include "schema/check.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

Schema read(const std::string& text) {
  CheckedSchema checked = parse_and_check({{"f", text}});
  for (const Diagnostic& found : checked.diagnostics) UNSCOPED_INFO(to_string(found));
  INFO(text);
  REQUIRE(checked.ok());
  return std::move(checked.schema);
}

// "shop.Order.total type-changed breaks both [changed-type]", a line for each change.
std::string lines(const std::string& before, const std::string& after) {
  std::string text;
  for (const Change& change : compare(read(before), read(after))) {
    text += (text.empty() ? "" : "\n") + change.place + " " + std::string(name_of(change.kind));
    if (change.breaking)
      text += " breaks " + std::string(name_of(change.direction)) + " [" + change.rule + "]";
    else if (change.direction != Direction::none)
      text += " seen in " + std::string(name_of(change.direction));
  }
  return text;
}

std::string module(const std::string& text) { return "module shop { " + text + " }"; }

// A verb that takes what is asked for, and one that answers with it.
std::string takes(const std::string& text) {
  return module(text + " export verb put(shop.T) Unit");
}
std::string gives(const std::string& text) {
  return module(text + " export verb get(Unit) shop.T");
}

struct Row {
  std::string title;
  std::string before;
  std::string after;
  std::string request;
  std::string response;
};

const std::vector<Row> fields = {
    {"a new required field", "export data T { a Int }", "export data T { a Int b Int }",
     "shop.T.b field-added breaks request [new-required-field]",
     "shop.T.b field-added seen in response"},
    {"a new optional field", "export data T { a Int }", "export data T { a Int b Int? }",
     "shop.T.b field-added seen in request", "shop.T.b field-added seen in response"},
    {"a new field that may be left out", "export data T { a Int }",
     "export data T { a Int b [Int] }", "shop.T.b field-added seen in request",
     "shop.T.b field-added seen in response"},
    {"a removed field", "export data T { a Int b Int }", "export data T { a Int }",
     "shop.T.b field-removed breaks request [removed-field]",
     "shop.T.b field-removed breaks response [removed-field]"},
    {"a removed field of lenient data", "export data T { +encoding json lenient a Int b Int }",
     "export data T { +encoding json lenient a Int }", "shop.T.b field-removed seen in request",
     "shop.T.b field-removed breaks response [removed-field]"},
};

const std::vector<Row> types = {
    {"a wider number", "export data T { a Int }", "export data T { a Float }",
     "shop.T.a type-changed seen in request", "shop.T.a type-changed breaks response [wider-type]"},
    {"a narrower number", "export data T { a Float }", "export data T { a Int }",
     "shop.T.a type-changed breaks request [narrower-type]",
     "shop.T.a type-changed seen in response"},
    {"another type", "export data T { a Bool }", "export data T { a Time }",
     "shop.T.a type-changed breaks request [narrower-type]",
     "shop.T.a type-changed breaks response [wider-type]"},
    {"a time as any text", "export data T { a Time }", "export data T { a String }",
     "shop.T.a type-changed seen in request", "shop.T.a type-changed breaks response [wider-type]"},
    {"a type as anything", "export data T { a [Int] }", "export data T { a Any }",
     "shop.T.a type-changed seen in request", "shop.T.a type-changed breaks response [wider-type]"},
    {"a field become optional", "export data T { a Int }", "export data T { a Int? }",
     "shop.T.a type-changed seen in request",
     "shop.T.a type-changed breaks response [now-optional]"},
    {"a field become required", "export data T { a Int? }", "export data T { a Int }",
     "shop.T.a type-changed breaks request [narrower-type]",
     "shop.T.a type-changed seen in response"},
    {"inside of an array and a map", "export data T { a [{String: Int}] }",
     "export data T { a [{String: Float}] }", "shop.T.a type-changed seen in request",
     "shop.T.a type-changed breaks response [wider-type]"},
    {"the key of a map", "export data T { a {Int: Int} }", "export data T { a {String: Int} }",
     "shop.T.a type-changed seen in request", "shop.T.a type-changed breaks response [wider-type]"},
};

const std::vector<Row> enums = {
    {"a removed variant", "export enum T: String { A = \"a\" B = \"b\" }",
     "export enum T: String { A = \"a\" }",
     "shop.T.B variant-removed breaks request [removed-variant]",
     "shop.T.B variant-removed seen in response"},
    {"a new variant", "export enum T: Int { A = 1 }", "export enum T: Int { A = 1 B = 2 }",
     "shop.T.B variant-added seen in request",
     "shop.T.B variant-added breaks response [new-variant]"},
    {"a variant with another value", "export enum T: Int { A = 1 }", "export enum T: Int { A = 2 }",
     "shop.T.A variant-changed breaks request [removed-variant]",
     "shop.T.A variant-changed breaks response [new-variant]"},
    {"a variant with another name and the same value", "export enum T: Int { A = 1 }",
     "export enum T: Int { B = 1 }",
     "shop.T.A variant-removed seen in request\nshop.T.B variant-added seen in request",
     "shop.T.A variant-removed seen in response\nshop.T.B variant-added seen in response"},
    {"a removed variant of types", "export enum T { A Int B String }", "export enum T { A Int }",
     "shop.T.B variant-removed breaks request [removed-variant]",
     "shop.T.B variant-removed seen in response"},
    {"the type of a variant", "export enum T { A Int }", "export enum T { A Float }",
     "shop.T.A variant-changed seen in request",
     "shop.T.A variant-changed breaks response [wider-type]"},
};

const std::vector<Row> nested = {
    {"an alias", "export typealias T Int", "export typealias T Float",
     "shop.T type-changed seen in request", "shop.T type-changed breaks response [wider-type]"},
    {"an alias that became data", "export typealias T String", "export data T { a Int }",
     "shop.T kind-changed breaks request [narrower-type]",
     "shop.T kind-changed breaks response [wider-type]"},
    {"what is nested", "export data I { x Int } export data T { a [shop.I]? }",
     "export data I { x Float } export data T { a [shop.I]? }",
     "shop.I.x type-changed seen in request", "shop.I.x type-changed breaks response [wider-type]"},
    {"what contains itself", "export data T { x Int more [shop.T] }",
     "export data T { x Float more [shop.T] }", "shop.T.x type-changed seen in request",
     "shop.T.x type-changed breaks response [wider-type]"},
    {"a type parameter of a use", "export data P<X> { items [X] } export data T { a shop.P<Int> }",
     "export data P<X> { items [X] } export data T { a shop.P<Float> }",
     "shop.T.a type-changed seen in request", "shop.T.a type-changed breaks response [wider-type]"},
    {"a field of generic data", "export data P<X> { x X } export data T { a shop.P<Int> }",
     "export data P<X> { x [X] } export data T { a shop.P<Int> }",
     "shop.P.x type-changed breaks request [narrower-type]",
     "shop.P.x type-changed breaks response [wider-type]"},
    {"another data of the same shape", "export data A { x Int } export data T { a shop.A }",
     "export data A { x Int } export data B { x Int } export data T { a shop.B }",
     "shop.B decl-added\nshop.T.a type-changed seen in request",
     "shop.B decl-added\nshop.T.a type-changed seen in response"},
    {"a name over HTTP, which modules do not see", "export data T { a Int }",
     "export data T { a Int +alias json \"b\" }", "shop.T.a alias-changed",
     "shop.T.a alias-changed"},
};

}  // namespace

TEST_CASE("each change of a type breaks the direction that it must and no other") {
  for (const std::vector<Row>* rows : {&fields, &types, &enums, &nested}) {
    for (const Row& row : *rows) {
      INFO(row.title);
      CHECK(lines(takes(row.before), takes(row.after)) == row.request);
      CHECK(lines(gives(row.before), gives(row.after)) == row.response);
    }
  }
}
