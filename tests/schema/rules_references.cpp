// What refers to what, who may see it, and how modules depend on each other.
#include "rules.hpp"

namespace millrace::schema {

namespace {

constexpr RuleCase cases[] = {
    {"unknown-ref", "module a { data Item {} data D { x [{String: Itme?}] } }", "unknown-ref 1:46",
     "did you mean `Item`?"},
    {"unknown-ref",
     "module time { export verb now(Unit) Unit }\nmodule a { verb v(Unit) Unit +calls tme.now }",
     "unknown-ref 2:37", "there is no module `tme`; did you mean `time`?"},
    {"unknown-ref", "module b { export data Item {} }\nmodule a { data D { x Item } }",
     "unknown-ref 2:23", "did you mean `b.Item`?"},
    {"unknown-ref", "module a { verb v(HtpRequest<Unit, Unit, Unit>) Unit }", "unknown-ref 1:19",
     "did you mean `HttpRequest`?"},
    {"unknown-ref",
     "module a { verb v(Unit) Unit\n+calls w\n+database uses d\n+secrets s\n+config c\n"
     "+publish t\n+subscribe u from=latest\n+retry catch k\n}",
     "unknown-ref 2:8, unknown-ref 3:16, unknown-ref 4:10, unknown-ref 5:9, unknown-ref 6:10, "
     "unknown-ref 7:12, unknown-ref 8:14"},
    {"unknown-ref", "module a { data G<T> { x T } data D { y T } }", "unknown-ref 1:41"},
    {"unknown-ref", "module a { data D { y boolean } }", "unknown-ref 1:23", "here it is `Bool`"},
    {"unknown-ref", "module a { data D { y List<Int> } }", "unknown-ref 1:23", "here it is `[T]`"},
    {"unknown-ref",
     "module b { export data Item {} } module a { data G<T> { x T y b.Item z Empty } }", ""},

    {"wrong-kind", "module a { verb v(Unit) Unit data D { x v } }", "wrong-kind 1:41",
     "wanted a type"},
    {"wrong-kind", "module a { data D {} verb v(Unit) Unit +calls D }", "wrong-kind 1:47",
     "`a.D` is a data; wanted a verb"},
    {"wrong-kind", "module a { verb w(Int) Unit verb v(Int) Unit +subscribe w from=latest }",
     "wrong-kind 1:57", "wanted a topic"},
    {"wrong-kind", "module a { config c Int verb v(Unit) Unit +secrets c }", "wrong-kind 1:52",
     "wanted a secret"},
    {"wrong-kind", "module a { config c Int verb v(Unit) Unit +publish c +database uses c }",
     "wrong-kind 1:52, wrong-kind 1:69"},
    {"wrong-kind",
     "module a { config c Int secret c Int topic t Int database mysql d "
     "verb v(Unit) Unit +calls v +database uses d +secrets c +config c +publish t }",
     ""},

    {"not-exported", "module b { data X {} }\nmodule a { data D { x b.X } }", "not-exported 2:23",
     "declare it with `export`"},
    {"not-exported", "module b { verb v(Unit) Unit }\nmodule a { verb w(Unit) Unit +calls b.v }",
     "not-exported 2:37"},
    {"not-exported",
     "realm r { module b { export data X {} } }\nrealm s { module a { data D { x b.X } } }",
     "not-exported 2:33", "declare it with `export realm`"},
    {"not-exported", "module b { config c Int }\nmodule a { verb w(Unit) Unit +config b.c }",
     "not-exported 2:38", "a config cannot be exported; declare one here"},
    {"not-exported",
     "realm r { module b { export realm data X {} export data Y {} } module c { data D { y b.Y } "
     "} } realm s { module a { data D { x b.X } } }",
     ""},

    {"hidden-type", "module a { data D {} export verb v(D) Unit }", "hidden-type 1:36",
     "export that too"},
    {"hidden-type", "module a { data D {} export verb v(Unit) [{String: D}?] }",
     "hidden-type 1:52"},
    {"hidden-type",
     "module a { data D {} export verb v(HttpRequest<D, Unit, Unit>) HttpResponse<Unit, D>\n"
     "+ingress http POST /a\n}",
     "hidden-type 1:48, hidden-type 1:83"},
    {"hidden-type", "module a { data D {} export data E { x D? +alias json \"y\" } }",
     "hidden-type 1:40"},
    {"hidden-type", "module a { data D {} export topic t D\n+partitions 2\n}", "hidden-type 1:37"},
    {"hidden-type", "module a { data D {} export enum E { A D } }", "hidden-type 1:40"},
    {"hidden-type", "module a { typealias N Int export enum E: N { A = 1 } }", "hidden-type 1:43"},
    {"hidden-type", "module a { data D {} export typealias T [D] }", "hidden-type 1:42"},
    {"hidden-type", "module b { export data X {} } module a { export realm data Y { x b.X } }",
     "hidden-type 1:66", "exported further"},
    {"hidden-type",
     "module a { data D {} verb v(D) Unit config c D export data E {} export verb w(E) "
     "HttpResponse<E, String> }",
     ""},

    {"type-params", "module a { data G<T> { x T } data D { x G } }", "type-params 1:41",
     "takes 1 type parameters, got 0"},
    {"type-params", "module a { data G<T> { x T } verb v(G<Int, Int>) Unit }", "type-params 1:37"},
    {"type-params", "module a { data G<T> { x T<Int> } }", "type-params 1:26"},
    {"type-params", "module a { typealias T Int data D { x T<Int> } }", "type-params 1:39"},
    {"type-params", "module a { data G<T, T> { x T } }", "type-params 1:22"},
    {"type-params", "module a { data G<A, B> { a A b B } data D { x G<Int, G<[Int], Bool>> } }",
     ""},

    {"import-cycle",
     "module a { verb v(Unit) Unit +calls b.w }\n"
     "module b { export verb w(Unit) Unit +calls c.u }\n"
     "module c { data D { x a.E } export verb u(Unit) Unit }",
     "import-cycle 1:8, unknown-ref 3:23", "a -> b -> c -> a"},
    {"import-cycle",
     "module b { export data X {} }\nmodule a { export data Y { x b.X } }\n"
     "module c { data D { x a.Y? y b.X? } verb v(c.D) Unit +calls c.v }",
     ""},
};

}  // namespace

std::span<const RuleCase> reference_cases() { return cases; }

}  // namespace millrace::schema
