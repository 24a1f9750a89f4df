// Types that cannot be, enums and the keys of maps.
#include "rules.hpp"

namespace millrace::schema {

namespace {

constexpr RuleCase cases[] = {
    {"recursive-type", "module a { data D { x D } }", "recursive-type 1:17",
     "make a part optional, an array or a map"},
    {"recursive-type", "module a { data A { x B } data B { x C } data C { x A } }",
     "recursive-type 1:17", "a.A -> a.B -> a.C -> a.A"},
    {"recursive-type", "module a { data G<T> { x T } data D { x G<D> } }", "recursive-type 1:35"},
    {"recursive-type", "module a { enum E { A N B N } data N { e E } }", "recursive-type 1:36"},
    {"recursive-type", "module a { typealias A B typealias B A? }",
     "recursive-type 1:22, recursive-type 1:36", "leads back to itself"},
    {"recursive-type", "module a { data A<T> { x A<[T]>? } }", "recursive-type 1:26",
     "grows for ever through its own type parameters"},
    {"recursive-type",
     "module a { data A<T> { x {String: B<T>} } data B<U> { y [A<U?>] z A<{Int: U}>? } }",
     "recursive-type 1:67", "a.B"},
    {"recursive-type", "module a { data P<A, B> { a A? b B? } data G<T> { x G<P<T, T>>? } }",
     "recursive-type 1:53"},
    {"recursive-type",
     "module a { data D { x D? y [D] z {String: D} } enum E { Leaf Int Node N } "
     "data N { left E right E } data T<K> { left T<K>? other T<[Int]>? of U<K, T<K>>? } "
     "data U<A, B> { a A b [B] } }",
     ""},

    {"enum-value", "module a { enum E: Int { A = \"1\" B = 1.5 } }",
     "enum-value 1:26, enum-value 1:34", "is no Int"},
    {"enum-value", "module a { enum E: String { A = \"x\" B = \"x\" } }", "enum-value 1:37",
     "twice"},
    {"enum-value", "module a { enum E: Float { A = 1 B = 1.0 } }", "enum-value 1:34", "twice"},
    {"enum-value", "module a { enum E { } }", "enum-value 1:17", "has no variants"},
    {"enum-value", "module a { enum E: Bool { A = 1 } }", "enum-value 1:20",
     "String, Int or Float"},
    {"enum-value", "module a { enum E: Int? { A = 1 } }", "enum-value 1:20"},
    {"enum-value", "module a { enum E { A = 1 } }", "enum-value 1:21", "write `enum E: String`"},
    {"enum-value", "module a { enum E: Int { A Int } }", "enum-value 1:26", "needs a value"},
    {"enum-value",
     "module a { typealias N Int enum E: N { A = 1 B = -1 } enum F: String { A = \"\" } "
     "enum G: Float { A = 1 B = 2.5 } enum H { A Int B Int } }",
     ""},

    {"map-key", "module a { data D { x {Float: Int} } }", "map-key 1:24",
     "String, Int or an enum of them, not Float"},
    {"map-key", "module a { data D { x [{String?: Int}] } }", "map-key 1:25"},
    {"map-key", "module a { data E {} verb v({E: Int}) Unit }", "map-key 1:30"},
    {"map-key", "module a { enum T { A Int } config c {T: Int} }", "map-key 1:39"},
    {"map-key", "module a { enum T: Float { A = 1 } config c {T: Int} }", "map-key 1:46"},
    {"map-key", "module a { data G<K> { x [{K: Int}] } data D { x G<Bool> } }", "map-key 1:52"},
    {"map-key", "module a { data G<K> { x {K: Int} } data H<L> { y G<L>? } data D { x H<Time> } }",
     "map-key 1:72"},
    {"map-key",
     "module a { typealias K String enum C: String { A = \"a\" } enum N: Int { A = 1 } "
     "data G<T> { g {T: Int} } data H<U, V> { h G<U> v V } "
     "data D { a {K: Int} b {C: Int} c {N: Int} d H<C, Bool> e {Int: Float} } }",
     ""},
};

}  // namespace

std::span<const RuleCase> type_cases() { return cases; }

}  // namespace millrace::schema
