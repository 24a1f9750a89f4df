// Laws that hold for every schema, tried on random ones.
#include <random>
#include <set>

#include "files.hpp"
#include "generate.hpp"
#include "schema/codec.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

TEST_CASE("what is printed parses back to the same schema") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    INFO("seed " << seed);
    const Schema schema = generate_schema(seed);
    const std::string text = print(schema);
    INFO(text);
    const ParseResult result = parse(text, "generated");
    REQUIRE(result.ok());
    REQUIRE(result.schema == schema);
    REQUIRE(print(result.schema) == text);
  }
}

TEST_CASE("the random schemas hold every declaration and every kind of metadata") {
  std::set<std::string_view> decls;
  std::set<std::string_view> metadata;
  const auto take = [&metadata](const std::vector<Metadata>& list) {
    for (const Metadata& entry : list) metadata.insert(keyword_of(entry.value));
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    for (const Module& module : generate_schema(seed).modules) {
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
  CHECK(decls.size() == std::variant_size_v<DeclPtr> - 1);
  CHECK(metadata.size() == std::variant_size_v<MetadataValue>);
}

TEST_CASE("a schema comes back from its bytes") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    const Schema schema = generate_schema(seed);
    const auto read = decode_schema(encode(schema));
    REQUIRE(read.has_value());
    REQUIRE(*read == schema);
    for (const Module& module : schema.modules) {
      REQUIRE(*decode_module(encode(module)) == module);
    }
  }
}

TEST_CASE("comments change no digest") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    for (const Module& module : generate_schema(seed).modules) {
      const Schema bare = parse(print_without_comments(module), "bare").schema;
      REQUIRE(bare.modules.size() == 1);
      Module stripped = bare.modules[0];
      stripped.realm = module.realm;
      stripped.external = module.external;
      REQUIRE(module_digest(stripped) == module_digest(module));
    }
  }
}

TEST_CASE("G11: damaged text gets diagnostics and formatting what parses is stable") {
  const std::string whole = corpus_file("everything.schema") + corpus_file("todo.schema");
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text = whole;
    for (int edit = 0; edit < 1 + round % 4; ++edit) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0: text.erase(at, random() % 20); break;
        case 1: text.insert(at, 1, "{}[]()<>+\"/:=?.,\n x1"[random() % 20]); break;
        default: text[at] = static_cast<char>(random() % 256);
      }
    }
    INFO(text);
    const FormatResult once = format(text, "damaged");
    if (!once.ok()) continue;
    const FormatResult twice = format(once.text, "damaged");
    REQUIRE(twice.ok());
    REQUIRE(twice.text == once.text);
  }
}
