// Rules about what refers to what: each with what is refused and what not.
#include "checking.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

TEST_CASE("unknown-ref: in types and in metadata, with what may have been meant") {
  CHECK(in_module("data D { x E } data E {}") == "");
  CHECK(in_module("data D { x F }") == "unknown-ref 1:23");
  CHECK(in_module("data D { x [{String: b.F?}] }") == "unknown-ref 1:33");
  CHECK(in_module("verb v(Unit) Unit +calls w +publish t +config c +secrets s "
                  "+database uses d +retry catch k +subscribe u from=latest") ==
        "unknown-ref 1:37, unknown-ref 1:48, unknown-ref 1:58, unknown-ref 1:69, "
        "unknown-ref 1:86, unknown-ref 1:101, unknown-ref 1:114");
  CHECK(messages("module time { export verb now(Unit) Unit } module a { verb v(Unit) Unit +calls "
                 "tme.now } ") == "there is no module `tme`; did you mean `time`?\n");
  CHECK(messages("module a { data Item {} data D { x Itme } }") ==
        "module a declares no `Itme`; did you mean `Item`?\n");
  CHECK(messages("module a { verb v(HtpRequest<Unit, Unit, Unit>) Unit }") ==
        "module a declares no `HtpRequest`; did you mean `HttpRequest`?\n");
  CHECK(messages("module a { data D { x Strin } }") ==
        "module a declares no `Strin`; did you mean `String`?\n");
  CHECK(messages("module a { data D<Item> { x Itm y [int] } }") ==
        "module a declares no `Itm`; did you mean `Item`?\n"
        "module a declares no `int`; did you mean `Int`?\n");
}

TEST_CASE("wrong-kind: a reference to another kind of declaration") {
  CHECK(in_module("verb v(Unit) Unit data D { x v }") == "wrong-kind 1:41");
  CHECK(in_module("data D {} verb v(Unit) Unit +calls D") == "wrong-kind 1:47");
  CHECK(in_module("config c Int secret c Int verb v(Unit) Unit +secrets c +config c") == "");
  CHECK(in_module("config c Int verb v(Unit) Unit +secrets c") == "wrong-kind 1:52");
  CHECK(in_module("verb w(Int) Unit verb v(Int) Unit +subscribe w from=latest") ==
        "wrong-kind 1:57");
}

TEST_CASE("not-exported: a reference across modules, and across realms") {
  const std::string other =
      " module b { data Own {} export data Open {} export realm data All {} "
      "verb v(Unit) Unit config c Int }";
  const auto uses = [&](const std::string& name) {
    return rules("module a { data D { x " + name + " } }" + other);
  };
  CHECK(uses("b.Own") == "not-exported 1:23");
  CHECK(uses("b.Open") == "");
  CHECK(uses("b.All") == "");
  CHECK(rules("module a { verb v(Unit) Unit +calls b.v +config b.c }" + other) ==
        "not-exported 1:37, not-exported 1:49");
  const auto across = [&](const std::string& name) {
    return rules("realm r { module a { data D { x " + name + " } } } realm s {" + other + "}");
  };
  CHECK(across("b.Open") == "not-exported 1:33");
  CHECK(across("b.All") == "");
  CHECK(across("builtin.Empty") == "");
}

TEST_CASE("hidden-type: an exported declaration shows a less visible one") {
  CHECK(in_module("data D {} verb v(D) Unit") == "");
  CHECK(in_module("data D {} export verb v(D) Unit") == "hidden-type 1:36");
  CHECK(in_module("data D {} export verb v(Unit) [{String: D}?]") == "hidden-type 1:52");
  CHECK(in_module("data D {} export data E { x HttpRequest<Unit, D, Unit> }") ==
        "hidden-type 1:58");
  CHECK(in_module("data D {} export topic t D") == "hidden-type 1:37");
  CHECK(in_module("data D {} export enum E { A D }") == "hidden-type 1:40");
  CHECK(in_module("data D {} export typealias T D") == "hidden-type 1:41");
  CHECK(in_module("export data D {} export realm data E { x D }") == "hidden-type 1:53");
  CHECK(in_module("export data D {} export data E { x D } data H {} config c H") == "");
}

TEST_CASE("type-params: too many, too few, or on what takes none") {
  CHECK(in_module("data G<T> { x T } data D { x G<Int> }") == "");
  CHECK(in_module("data G<T> { x T } data D { x G }") == "type-params 1:41");
  CHECK(in_module("data G<T> { x T } data D { x G<Int, Int> }") == "type-params 1:41");
  CHECK(in_module("data G<T> { x T<Int> }") == "type-params 1:26");
  CHECK(in_module("data D {} data E { x D<Int> }") == "type-params 1:33");
  CHECK(in_module("enum E { A Int } data D { x E<Int> }") == "type-params 1:40");
  CHECK(in_module("data G<T, T> { x T }") == "type-params 1:22");
}

TEST_CASE("recursive-type: a value that must contain itself") {
  CHECK(in_module("data D { x D? y [D] z {String: D} }") == "");
  CHECK(in_module("data D { x D }") == "recursive-type 1:17");
  CHECK(in_module("data A { x B } data B { x C } data C { x A } data Uses { x A }") ==
        "recursive-type 1:17");
  CHECK(messages("module a { data A { x B } data B { x A } }") ==
        "a.A must contain itself: a.A -> a.B -> a.A; make a part optional, an array or a map\n");
  CHECK(in_module("data A { x B } data B { x A? }") == "");
  CHECK(in_module("enum E { Leaf Int Node N } data N { left E right E }") == "");
  CHECK(in_module("enum E { A End B N } data End {} data N { e E }") == "");
  CHECK(in_module("enum E { A N B N } data N { e E }") != "");
  CHECK(in_module("data G<T> { x T } data D { x G<D> }") != "");
  CHECK(in_module("data G<T> { x T? } data D { x G<D> }") == "");
  CHECK(in_module("data N {} data G<T> { t T x G<N> }") == "recursive-type 1:27");
  CHECK(messages("module a { data N {} data G<T> { x G<N> } }") ==
        "a.G must contain itself: a.G -> a.G; make a part optional, an array or a map\n");
  CHECK(in_module("data N {} data G<T> { t T x G<N>? }") == "");
  CHECK(in_module("typealias A B typealias B A") == "recursive-type 1:22");
  CHECK(in_module("typealias A A?") == "recursive-type 1:22");
  CHECK(in_module("typealias A [A]") == "");
  CHECK(in_module("data G<T> { x G<[T]> }") == "recursive-type 1:26");
  CHECK(in_module("data P<A, B> { a A b B } data G<T> { x G<P<T, T>> }") == "recursive-type 1:51");
}

TEST_CASE("import-cycle: names the whole circle") {
  const std::string b = " module b { export verb w(Unit) Unit +calls c.u }";
  CHECK(rules("module a { verb v(Unit) Unit +calls b.w } module b { export verb w(Unit) Unit }") ==
        "");
  CHECK(messages("module c { export verb u(Unit) Unit +calls a.v }" + b +
                 " module a { export verb v(Unit) Unit +calls b.w }") ==
        "modules refer to each other in a circle: a -> b -> c -> a\n");
}

TEST_CASE("enum-value: off the type, twice, none, or of the other sort") {
  CHECK(in_module("enum E: Int { A = 1 B = 2 } enum F: String { A = \"a\" }") == "");
  CHECK(in_module("enum E: Float { A = 1 B = 2.5 }") == "");
  CHECK(in_module("typealias N Int enum E: N { A = 1 }") == "");
  CHECK(in_module("enum E: Int { A = \"1\" B = 1.5 }") == "enum-value 1:26, enum-value 1:34");
  CHECK(in_module("enum E: String { A = \"x\" B = \"x\" }") == "enum-value 1:37");
  CHECK(in_module("enum E { }") == "enum-value 1:17");
  CHECK(in_module("enum E: Bool { A = 1 }") == "enum-value 1:20");
  CHECK(in_module("enum E: Int? { A = 1 }") == "enum-value 1:20");
  CHECK(in_module("enum E { A = 1 }") == "enum-value 1:21");
  CHECK(in_module("enum E: Int { A Int }") == "enum-value 1:26");
  CHECK(in_module("enum E { A String B String }") == "");
}

TEST_CASE("map-key: only String, Int, or an enum or alias of them") {
  CHECK(in_module("typealias K String enum C: String { A = \"a\" } data D { a {String: Int} "
                  "b {Int: Int} c {K: Int} d {C: Int} }") == "");
  for (const char* key : {"Float", "Bool", "[String]", "Unit", "Any", "Time", "String?"}) {
    CHECK(in_module("data D { x {" + std::string(key) + ": Int} }") == "map-key 1:24");
  }
  CHECK(in_module("data E {} data D { x {E: Int} }") == "map-key 1:34");
  CHECK(in_module("enum T { A Int } verb v({T: Int}) Unit") == "map-key 1:37");
  CHECK(in_module("data G<K> { x {K: Int} } data D { x G<String> }") == "");
  CHECK(in_module("data G<K> { x [{K: Int}] } data D { x G<Bool> }") == "map-key 1:52");
}

TEST_CASE("a change is checked in the modules that it reaches and nowhere else") {
  const Schema schema =
      parse_and_check({{"f",
                        "module a { export data D {} data Bad { x Bad } } module b { export "
                        "data E { d a.D x Gone } } module c { data F { e b.E x Gone } } "
                        "module d { data G { x Gone } }"}})
          .schema;
  CHECK(listed(check_changed(schema, {"b"})) == "unknown-ref 1:85, unknown-ref 1:122");
  CHECK(check_changed(schema, {"a"}).size() == 3);
  CHECK(check_changed(schema, {}).empty());
  CHECK(check(schema).size() == 4);
}
