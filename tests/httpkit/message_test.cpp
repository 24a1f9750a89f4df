#include "httpkit/message.hpp"

#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

TEST_CASE("percent encoding is decoded once and must give UTF-8") {
  CHECK(percent_decode("a%41%c3%A4+") == "aA\xC3\xA4+");
  CHECK(percent_decode("%2525") == "%25");
  CHECK(percent_decode("") == "");
  for (const char* bad : {"%", "%4", "%4g", "%zz", "%ff", "%c3", "%ed%a0%80", "%c0%80"}) {
    INFO(bad);
    CHECK_FALSE(percent_decode(bad));
  }
}

TEST_CASE("a query keeps its order and its repeated keys") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(parse_query("b=1&a=x+y%2B&b=2&c&=d&&") ==
        Pairs{{"b", "1"}, {"a", "x y+"}, {"b", "2"}, {"c", ""}, {"", "d"}});
  CHECK(parse_query("") == Pairs{});
  CHECK_FALSE(parse_query("a=%"));
  CHECK_FALSE(parse_query("%ff=1"));
}

TEST_CASE("header names are compared without case") {
  const std::vector<Header> headers{{"Content-Type", "a"}, {"content-type", "b"}};
  CHECK(find_header(headers, "CONTENT-TYPE") == "a");
  CHECK_FALSE(find_header(headers, "content"));
}

TEST_CASE("a problem is JSON whatever its detail holds") {
  const Response response = problem(400, "a \"b\"\n\\");
  CHECK(response.status == 400);
  CHECK(response.body ==
        "{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"a \\\"b\\\"\\u000a\\\\\"}\n");
}

}  // namespace
}  // namespace millrace::httpkit
