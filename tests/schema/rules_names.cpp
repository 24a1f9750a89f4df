// syntax, names, duplicates and the place of metadata.
#include "rules.hpp"

namespace millrace::schema {

namespace {

constexpr RuleCase cases[] = {
    {"syntax", "module a {\n  verb v(Unit Unit\n}", "syntax 2:15", "expected `)`"},
    {"syntax", "module a {\n  data D {\n    x\n  }\n}", "syntax 4:3", "expected a type"},
    {"syntax", "modul a {}", "syntax 1:1", "did you mean `module`?"},
    {"syntax", "module a {\n  config x Int +generated\n  secret s Int\n}", "syntax 2:16",
     "take the `+...` away"},
    {"syntax", "module a { enum E { A Int } +generated }", "syntax 1:29", "an enum takes no"},
    {"syntax", "module a { data D {} +generated }", "syntax 1:22", "inside its braces"},
    {"syntax", "module a { export secret s Int }", "syntax 1:19", "drop `export`"},
    {"syntax", "module a { /* x */ data D {} }", "syntax 1:12", "a comment is `// ...`"},
    {"syntax", "module a { data D { x \xe2\x80\x9cInt\xe2\x80\x9d } }", "syntax 1:23",
     "straight ones"},
    {"syntax", "module a {\xc2\xa0 data D {} }", "syntax 1:11", "U+00A0"},
    {"syntax", "module a { } }", "syntax 1:14", "closed once too often"},
    {"syntax", "module a { database oracle d }", "syntax 1:21", "`postgres` or `mysql`"},
    {"syntax", "module a { import b }", "syntax 1:12", "here it is `module.Name`"},
    {"syntax", "module a { message D {} }", "syntax 1:12", "here it is `data`"},
    {"syntax", "module a { data D { born: Time } }", "syntax 1:25", "without `:`"},
    {"syntax", "module a { data D { a Int, b Int } }", "syntax 1:26", "take it away"},
    {"syntax", "module a { verb v() Unit }", "syntax 1:19", "nothing is `Unit`"},
    {"syntax", "module a { enum E { A, B } }", "syntax 1:22", "such as `Red = \"red\"`"},
    {"syntax", "\xef\xbb\xbfmodule a {\r\n  verb v(Unit) Unit // done\r\n}\r\n", ""},
    {"syntax", "// nothing but a comment", ""},
    {"syntax", "", ""},

    {"invalid-name",
     "module a {\n  data Stra\xc3\x9f"
     "e { x Int }\n}",
     "invalid-name 2:8", "letters from a to z"},
    {"invalid-name", "module my-module { data D { 9lives Int } verb v(k\xc3\xb6nig) Unit }",
     "invalid-name 1:8, invalid-name 1:29, invalid-name 1:49"},
    {"invalid-name", "module _a { data D9 { x_1 Int _ Int } }", ""},

    {"reserved-name", "module a { data Int { x Int } }", "reserved-name 1:17",
     "give it another name"},
    {"reserved-name", "module a { verb Any(Unit) Unit }", "reserved-name 1:17"},
    {"reserved-name", "module a { data D<Time> { x Int } }", "reserved-name 1:19"},
    {"reserved-name", "module builtin { data Ref {} }", "reserved-name 1:8",
     "give yours another name"},
    {"reserved-name", "builtin module a { }", "reserved-name 1:16"},
    {"reserved-name", "module Int { data Integer { Int Int Unit Unit } verb int(Unit) Unit }", ""},

    {"duplicate-module", "module a {}\nmodule b {}\nmodule a {}", "duplicate-module 3:8",
     "already declared at f:1; rename one"},
    {"duplicate-module", "realm r { module a {} } realm s { module a {} }",
     "duplicate-module 1:42"},
    {"duplicate-module", "realm a { module a {} } module b {}", ""},

    {"duplicate-realm", "realm r { module a {} }\nexternal realm r { module b {} }",
     "duplicate-realm 2:16", "make both the same, or rename one"},
    {"duplicate-realm", "realm r { module a {} } realm r { module b {} }", ""},

    {"duplicate-decl", "module a {\n  config x Int\n  config x String\n}", "duplicate-decl 3:10",
     "first in line 2; rename one"},
    {"duplicate-decl", "module a { config x Int data x {} }", "duplicate-decl 1:30"},
    {"duplicate-decl", "module a { secret x Int verb x(Unit) Unit }", "duplicate-decl 1:30"},
    {"duplicate-decl", "module a { topic x Int typealias x Int }", "duplicate-decl 1:34"},
    {"duplicate-decl", "module a { database mysql x enum x { A Int } }", "duplicate-decl 1:34"},
    {"duplicate-decl", "module a { config x Int secret x Int } module b { data x {} }", ""},

    {"duplicate-field", "module a { data D {\n  x Int\n  y Int\n  x Int\n} }",
     "duplicate-field 4:3", "first in line 2"},
    {"duplicate-field", "module a { data D { x Int X Int } data E { x Int } }", ""},

    {"duplicate-variant", "module a { enum E { A Int A Bool } }", "duplicate-variant 1:27",
     "first in line 1"},
    {"duplicate-variant", "module a { enum E { A Int } enum F { A Int } }", ""},

    {"duplicate-alias", "module a { data D { x Int y Int +alias json \"x\" } }",
     "duplicate-alias 1:27", "give one another `+alias json`"},
    {"duplicate-alias", "module a { data D { x Int +alias json \"z\" y Int +alias json \"z\" } }",
     "duplicate-alias 1:43"},
    {"duplicate-alias", "module a { data D { x Int +alias json \"y\" y Int +alias json \"x\" } }",
     ""},

    {"duplicate-metadata", "module a { verb v(Unit) Unit\n+calls w\n+calls w\nverb w(Unit) Unit }",
     "duplicate-metadata 3:1", "stands twice"},
    {"duplicate-metadata", "module a { typealias T Any +typemap go \"a\" +typemap go \"b\" }",
     "duplicate-metadata 1:44"},
    {"duplicate-metadata",
     "module a { +artefact \"a\" \"b\" +artefact \"c\" \"d\" +image \"a\":\"b\" +image "
     "\"c\":\"d\" typealias T Any +typemap go \"a\" +typemap kotlin \"b\" "
     "verb v(Unit) Unit +egress \"x\" +egress \"y\" }",
     ""},

    {"metadata-place", "module a { data D { +calls v x Int } verb v(Unit) Unit }",
     "metadata-place 1:21", "it belongs on verbs"},
    {"metadata-place", "module a { verb v(Unit) Unit +alias json \"x\" }", "metadata-place 1:30",
     "it belongs on fields"},
    {"metadata-place", "module a { +partitions 2 topic t Int +git \"a\" \"b\" }",
     "metadata-place 1:12, metadata-place 1:38"},
    {"metadata-place", "module a { database mysql d +encoding json }", "metadata-place 1:29",
     "it belongs on data and verbs"},
    {"metadata-place",
     "module a { +git \"r\" \"c\" +generated database mysql d +migration sha256:00 "
     "topic t Int +partitions 1 typealias T Any +typemap go \"x\" data D { +encoding json "
     "x Int +alias json \"y\" +sql column t.x } verb v(Unit) Unit +transaction +fixture }",
     ""},
};

}  // namespace

std::span<const RuleCase> name_cases() { return cases; }

}  // namespace millrace::schema
