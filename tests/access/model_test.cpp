#include "access/model.hpp"
#include "support/catch.hpp"

using namespace millrace::access;

TEST_CASE("a pattern stands for the modules that people would say it does") {
  struct Row {
    const char* pattern;
    const char* module;
    bool wanted;
  };
  const Row rows[] = {
      {"shop", "shop", true},   {"shop", "shops", false},  {"shop*", "shop", true},
      {"shop*", "shops", true}, {"shop*", "ashop", false}, {"*shop", "ashop", true},
      {"*", "anything", true},  {"*", "", true},           {"", "", true},
      {"", "a", false},         {"a*b*c", "aXbYc", true},  {"a*b*c", "abc", true},
      {"a*b*c", "acb", false},  {"*a*", "bab", true},      {"*a*", "bbb", false},
      {"**", "x", true},        {"sh*p", "shp", true},     {"sh*p", "shopx", false},
      {"*ab", "aab", true},     {"*aab", "aaab", true},    {"shop*", "SHOP", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.module);
    CHECK(matches(row.pattern, row.module) == row.wanted);
  }
}

TEST_CASE("a role is written as it is read") {
  for (const char* text :
       {"viewer", "deployer=shop*,cart", "operator", "secret-reader=a", "service=echo", "admin",
        "operator=shop*,workspace:prod-*", "viewer=workspace:*", "deployer=workspace:a.b_c"}) {
    const auto binding = binding_of(text);
    REQUIRE(binding);
    CHECK(text_of(*binding) == text);
  }
}

TEST_CASE("what is no role is none") {
  for (const char* text :
       {"", "root", "viewer=", "viewer=a,", "viewer=a b", "viewer=a,,b", "viewer=../x", "Viewer",
        "viewer =a", "viewer=workspace:", "viewer=workspace:a/b", "viewer=a-b", "viewer=space:a",
        "viewer=workspace:workspace:a"}) {
    CAPTURE(text);
    CHECK_FALSE(binding_of(text));
  }
  std::string many = "viewer=a";
  for (std::size_t i = 0; i < patterns_of_role_max; ++i) many += ",a";
  CHECK_FALSE(binding_of(many));
}

TEST_CASE("a token shows its id, and only what has the form of one has an id") {
  const std::string secret(token_secret_characters, 'x');
  CHECK(id_of_token("mlr_0123456789_" + secret) == "0123456789");
  for (const std::string& text :
       {std::string(), std::string("mlr_"), "mlr_0123456789_" + secret + "x",
        "mlr_0123456789x" + secret, "mlr_012345678A_" + secret, "mlx_0123456789_" + secret,
        "mlr_0123456789_" + secret.substr(1) + "\n", "Bearer mlr_0123456789_" + secret}) {
    CAPTURE(text);
    CHECK(id_of_token(text).empty());
  }
}

TEST_CASE("a principal's name may stand in a log and in metadata") {
  CHECK(is_principal("ada"));
  CHECK(is_principal("spiffe://shop/ci"));
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\n"), std::string("Ä"),
        std::string(name_bytes_max + 1, 'a'), std::string("a\0b", 3)})
    CHECK_FALSE(is_principal(name));
}
