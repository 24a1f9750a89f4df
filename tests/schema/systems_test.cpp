// The hand-written systems: valid, canonical, and the same after any way that a schema can take.
#include "systems.hpp"

#include <set>

#include "checking.hpp"
#include "schema/codec.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

Schema bare(Schema schema) {
  resolve(schema);
  return schema;
}

}  // namespace

TEST_CASE("three systems of 5 to 12 modules are valid and in canonical form") {
  for (const std::string& name : system_names()) {
    INFO(name);
    const CheckedSchema system = system_schema(name);
    for (const Diagnostic& found : system.diagnostics) UNSCOPED_INFO(to_string(found));
    CHECK(system.ok());
    CHECK_FALSE(system.warnings.empty());
    CHECK(system.schema.modules.size() >= 5);
    CHECK(system.schema.modules.size() <= 12);
    for (const SourceText& source : system_sources(name)) {
      INFO(source.file);
      CHECK(format(source.text, source.file).text == source.text);
    }
  }
}

TEST_CASE("a system comes back from its text, its stored form and its modules one by one") {
  for (const std::string& name : system_names()) {
    INFO(name);
    const Schema system = system_schema(name).schema;
    const ParseResult printed = parse(print(system), name);
    REQUIRE(printed.ok());
    CHECK(bare(printed.schema) == system);
    CHECK(*decode_schema(encode(system)) == system);
    for (const Module& module : system.modules) {
      const auto stored = decode_module(encode(module));
      REQUIRE(stored.has_value());
      CHECK(*stored == module);
      CHECK(module_digest(*stored) == module_digest(module));
      // A module alone, as it is stored when the system is deployed, prints without its realm.
      CHECK(print(parse(print(module), name).schema.modules.at(0)) == print(module));
    }
    CHECK(listed(check(*decode_schema(encode(system)))) == "");
  }
}

TEST_CASE("the systems use every declaration and nearly all metadata") {
  std::set<std::string_view> decls;
  std::set<std::string_view> metadata;
  const auto take = [&metadata](const std::vector<Metadata>& list) {
    for (const Metadata& entry : list) metadata.insert(keyword_of(entry.value));
  };
  for (const std::string& name : system_names()) {
    for (const Module& module : system_schema(name).schema.modules) {
      take(module.metadata);
      for_each_decl(module, [&](const auto& decl) {
        decls.insert(keyword_of(DeclPtr(&decl)));
        if constexpr (requires { decl.metadata; }) take(decl.metadata);
        if constexpr (requires { decl.fields; }) {
          for (const Field& field : decl.fields) take(field.metadata);
        }
      });
    }
  }
  CHECK(decls.size() == 8);
  CHECK(metadata.size() == 23);
}
