// Config values as files, in both formats, and as environment variables.
#include "cli/config_file.hpp"

#include "cli/run/config_environment.hpp"
#include "support/catch.hpp"

using namespace millrace::cli;
using Changes = std::vector<ConfigChange>;

namespace {

std::string refusal(const std::string& text, ConfigFormat format) {
  const auto values = parse_config(text, format, "f");
  REQUIRE(!values);
  return values.error().message;
}

}  // namespace

TEST_CASE("a TOML file sets values of every kind, in the order of its lines") {
  const auto values = parse_config(
      "[global]\nregion = \"e\\u00fc\"\n[modules.shop]\nz = 9223372036854775807\na = [1, \"x\", "
      "{b = true}]\nrate = 0.5\nsince = 2026-11-20T09:14:02Z\n",
      ConfigFormat::toml, "f.toml");
  REQUIRE(values);
  CHECK(*values == Changes{{"", "region", "\"eü\""},
                           {"shop", "z", "9223372036854775807"},
                           {"shop", "a", "[1,\"x\",{\"b\":true}]"},
                           {"shop", "rate", "0.5"},
                           {"shop", "since", "\"2026-11-20T09:14:02Z\""}});
}

TEST_CASE("a JSON file sets values digit for digit") {
  const auto values = parse_config(
      R"({"modules": {"shop": {"limit": 12345678901234567890, "x": null}}, "global": {"a": {"b": 1}}})",
      ConfigFormat::json, "f.json");
  REQUIRE(values);
  CHECK(*values == Changes{{"shop", "limit", "12345678901234567890"},
                           {"shop", "x", "null"},
                           {"", "a", "{\"b\": 1}"}});
}

TEST_CASE("a file of config that is not in order is refused with the place") {
  CHECK(refusal("[module.shop]\na = 1\n", ConfigFormat::toml) ==
        "f:1: `module` is not known here; did you mean `modules`?; values stand in `global` and in "
        "`modules`, under their module");
  CHECK(refusal("[global]\na = 1\na = 2\n", ConfigFormat::toml).starts_with("f:3: "));
  CHECK(refusal("[global]\na = nan\n", ConfigFormat::toml) ==
        "f:2: inf and nan are no values of a config");
  CHECK(refusal("[modules]\nshop = 1\n", ConfigFormat::toml) ==
        "f:2: must be a table, [modules.MODULE] or [global]");
  CHECK(refusal(R"({"global": {"a": 1, "a": 2}})", ConfigFormat::json)
            .starts_with("f: global: /a: "));
  CHECK(refusal(R"({"globl": {}})", ConfigFormat::json).starts_with("f: `globl` is not known"));
  CHECK(refusal("[]", ConfigFormat::json).starts_with("f: "));
  CHECK(refusal("{", ConfigFormat::json).starts_with("f: "));
  CHECK(config_format_of("a/b.toml").value() == ConfigFormat::toml);
  CHECK_FALSE(config_format_of("-"));
}

TEST_CASE("what is exported is imported as it was") {
  const Changes values{{"", "region", "\"eu \\\"\\\\ \\u0001\\u007f ü\""},
                       {"cart", "list", "[1,2.5,[true,\"x\"]]"},
                       {"shop", "limits", R"({"a b":{"c":"]"},"most":7})"}};
  for (const ConfigFormat format : {ConfigFormat::json, ConfigFormat::toml}) {
    const auto text = print_config(values, format);
    REQUIRE(text);
    INFO(*text);
    const auto again = parse_config(*text, format, "f");
    REQUIRE(again);
    REQUIRE(again->size() == values.size());
    const auto third = print_config(*again, ConfigFormat::toml);
    CHECK(third.value() == print_config(values, ConfigFormat::toml).value());
  }
  CHECK(print_config({}, ConfigFormat::json).value() ==
        "{\n  \"global\": {},\n  \"modules\": {}\n}\n");
  const auto none = print_config({{"shop", "x", "null"}}, ConfigFormat::toml);
  REQUIRE(!none);
  CHECK(none.error().message == "shop.x: null has no form in TOML: export as JSON");
  const std::string digits = "123456789012345678901234567890";
  CHECK(print_config({{"shop", "x", digits}}, ConfigFormat::json)->find(digits) !=
        std::string::npos);
}

TEST_CASE("a number that TOML would round is not exported as TOML, others keep their value") {
  for (const char* number :
       {"123456789012345678901234567890", "[0.12345678901234567890123]", R"({"a\"1":-1e400})"}) {
    const auto text = print_config({{"shop", "x", number}}, ConfigFormat::toml);
    REQUIRE(!text);
    CHECK(text.error().message.ends_with(" would be rounded in TOML: export as JSON"));
  }
  for (const char* number : {"0", "-0.0", "1.50", "1e2", "1E-7", "[1,-2.5e+3]", "0.1",
                             R"("123456789012345678901234567890")", "-9223372036854775808"}) {
    CAPTURE(number);
    CHECK(print_config({{"shop", "x", number}}, ConfigFormat::toml));
  }
}

TEST_CASE("a file that an editor began with its mark is read") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(parse_config(mark + R"({"global": {"a": 1}})", ConfigFormat::json, "f").value().size() ==
        1);
  CHECK(parse_config(mark + "[global]\na = 1\n", ConfigFormat::toml, "f").value().size() == 1);
}

TEST_CASE("hostile files of config are refused without a crash") {
  for (const std::string& text :
       {std::string("\xff\xfe"), std::string("\0", 1), std::string(100'000, '['),
        std::string("[global]\na = \"\xc3\""), std::string("[global]\n\"\xff\" = 1"),
        std::string("a = ") + std::string(50'000, '{')})
    for (const ConfigFormat format : {ConfigFormat::json, ConfigFormat::toml})
      CHECK_FALSE(parse_config(text, format, "f"));
}

TEST_CASE("a program gets texts as they are and everything else as JSON in its environment") {
  const ConfigEnvironment environment = config_environment(
      "shop", {{"currency", "\"EUR\"", ""},
               {"limits", R"({"most":7})", ""},
               {"none", {}, ""},
               {"bad", {}, "shop.bad: wanted Int, got string"},
               {"nul", R"("a\u0000b")", ""},
               {"long", "\"" + std::string(config_variable_bytes_max + 1, 'x') + "\"", ""}});
  CHECK(environment.variables ==
        std::map<std::string, std::string>{{"MILLRACE_RUN_CONFIG_currency", "EUR"},
                                           {"MILLRACE_RUN_CONFIG_limits", R"({"most":7})"}});
  REQUIRE(environment.remarks.size() == 4);
  CHECK(environment.remarks[0] == "config shop.bad is not given: shop.bad: wanted Int, got string");
  CHECK(environment.remarks[3] == "without a value: shop.none (`millrace config set NAME VALUE`)");
}
