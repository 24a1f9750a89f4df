// Rules about names, duplicates and the place of metadata: each with what is refused and what not.
#include "checking.hpp"
#include "files.hpp"
#include "schema/builtin.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

TEST_CASE("the hand-written files are valid") {
  CHECK(messages(corpus_file("todo.schema")) == "");
  CHECK(messages(corpus_file("todo.canonical.schema")) == "");
  CHECK(messages(corpus_file("pubsub.schema")) == "");
}

TEST_CASE("invalid-name: a name from the wire that is no Ident") {
  Schema schema = parse("module a { data D { x Int } }", "f").schema;
  CHECK(check(schema).empty());
  schema.modules[0].datas[0].fields[0].name = "x-y";
  schema.modules[0].datas[0].name = "";
  schema.modules[0].name = "1";
  CHECK(check(schema).size() == 3);
  for (const Diagnostic& found : check(schema)) CHECK(found.rule == "invalid-name");
}

TEST_CASE("G8: the complaints of one check are told up to a limit") {
  Schema schema;
  Module& module = schema.modules.emplace_back();
  module.name = "a";
  module.datas.resize(20'000);
  const auto found = check(schema);
  CHECK(found.size() <= 10'000);
  CHECK_FALSE(found.empty());
}

TEST_CASE("reserved-name: a declaration named as a type, or another builtin module") {
  CHECK(in_module("data Int {}") == "reserved-name 1:17");
  CHECK(in_module("data D<Any> { x Int }") == "reserved-name 1:19");
  CHECK(in_module("data Integer {} verb int(Unit) Unit") == "");
  CHECK(rules("module builtin { }") == "reserved-name 1:8");
  CHECK(rules("builtin module a { }") == "reserved-name 1:16");
  CHECK(rules(print(builtin_module())) == "");
}

TEST_CASE("duplicate-module: also when the two stand in two files") {
  CHECK(rules("module a {} module b {}") == "");
  CHECK(rules("module a {} module a {}") == "duplicate-module 1:20");
  const auto both = parse_and_check({{"1", "module a {}"}, {"2", "\nmodule a {}"}});
  REQUIRE(both.diagnostics.size() == 1);
  CHECK(to_string(both.diagnostics[0]) ==
        "2:2:8: error[duplicate-module]: the module `a` is already declared at 1:1; rename one");
}

TEST_CASE("duplicate-decl: any two of one name, but a config and a secret may share it") {
  CHECK(in_module("config x Int secret x Int") == "");
  CHECK(in_module("config x Int config x Int") == "duplicate-decl 1:32");
  CHECK(in_module("config x Int data x {}") == "duplicate-decl 1:30");
  CHECK(in_module("secret x Int verb x(Unit) Unit") == "duplicate-decl 1:30");
  CHECK(in_module("data x {} verb x(Unit) Unit") == "duplicate-decl 1:27");
}

TEST_CASE("duplicate-field and duplicate-alias") {
  CHECK(in_module("data D { x Int y Int +alias json \"z\" }") == "");
  CHECK(in_module("data D { x Int x Int }") == "duplicate-field 1:27");
  CHECK(in_module("data D { x Int y Int +alias json \"x\" }") == "duplicate-alias 1:27");
  CHECK(in_module("data D { x Int +alias json \"z\" y Int +alias json \"z\" }") ==
        "duplicate-alias 1:43");
  CHECK(in_module("data D { x Int +alias json \"y\" y Int +alias json \"x\" }") == "");
}

TEST_CASE("duplicate-variant") {
  CHECK(in_module("enum E { A Int B Int }") == "");
  CHECK(in_module("enum E { A Int A String }") == "duplicate-variant 1:27");
}

TEST_CASE("duplicate-metadata: but artefacts, images, egress and a typemap a runtime may repeat") {
  CHECK(in_module("verb v(Unit) Unit +calls w +calls w verb w(Unit) Unit") ==
        "duplicate-metadata 1:39");
  CHECK(rules("module a { +artefact \"a\" \"b\" +artefact \"c\" \"d\" +image \"a\":\"b\" +image "
              "\"c\":\"d\" verb v(Unit) Unit +egress \"x\" +egress \"y\" typealias T Any +typemap "
              "go \"a\" +typemap kotlin \"b\" }") == "");
  CHECK(in_module("typealias T Any +typemap go \"a\" +typemap go \"b\"") ==
        "duplicate-metadata 1:44");
}

TEST_CASE("metadata-place: metadata where it has no meaning") {
  CHECK(in_module("data D { +calls v x Int } verb v(Unit) Unit") == "metadata-place 1:21");
  CHECK(in_module("data D {} +generated") == "syntax 1:22");
  CHECK(in_module("data D { +generated }") == "");
  CHECK(in_module("verb v(Unit) Unit +alias json \"x\"") == "metadata-place 1:30");
  CHECK(in_module("data D { x Int +cron 5m\n }") == "metadata-place 1:27");
  CHECK(in_module("topic t Int +sql column a.b") == "metadata-place 1:24");
  CHECK(in_module("database mysql d +migration sha256:00 +partitions 2") == "metadata-place 1:50");
  CHECK(rules("module a { +git \"a\" \"b\" +fixture }") == "metadata-place 1:25");
  CHECK(messages("module a { topic t Int +alias json \"x\" }") ==
        "`+alias` has no meaning on topics; it belongs on fields\n");
}

TEST_CASE("duplicate-realm: modules that come later are held against those that stay as they are") {
  Schema schema = parse("realm r { module b {} }\nmodule free {}", "old").schema;
  for (Module& more : parse("external realm r {\n  module a {}\n}", "new").schema.modules)
    schema.modules.push_back(std::move(more));
  for (const int turn : {1, 2}) {
    INFO("turn " << turn);
    const std::vector<Diagnostic> found = check_changed(schema, {"a"});
    REQUIRE(found.size() == 1);
    CHECK(to_string(found[0]) ==
          "new:2:10: error[duplicate-realm]: the realm `r` is not external for the module `b`; "
          "make both the same, or rename one");
    std::swap(schema.modules.front(), schema.modules.back());
  }
  CHECK(check_changed(schema, {"free"}).empty());
  CHECK(check(schema).size() == 1);
  schema.modules.front().external = schema.modules.back().external;
  CHECK(check(schema).empty());
}
