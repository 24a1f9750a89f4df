// What an HTTP request becomes for a verb, row by row.
#include "services/ingress/base64.hpp"
#include "support/catch.hpp"
#include "tests/ingress/shop.hpp"

namespace millrace::ingress {
namespace {

using test::has;
using test::request_to;
using test::Shop;

const std::vector<httpkit::Header> json{{"Content-Type", "application/json"}};

TEST_CASE("a body, a path and a query arrive checked, coerced and under their field names") {
  Shop shop;
  CHECK(shop.planned(request_to(
            "PUT", "/items/7",
            R"({ "labels":["x"], "price":{"currency":"EUR","a":"12"}, "name":"Cup" })", json)) ==
        R"(shop.put {"method":"PUT","path":"/items/7","pathParameters":{"id":7},"query":{},)"
        R"("headers":{"content-type":["application/json"]},)"
        R"("body":{"name":"Cup","price":{"amount":12,"currency":"EUR"},"tags":["x"]}})");
  CHECK(shop.planned(request_to("GET", "/items?limit=5&t=a&t=b&cheap=true")) ==
        R"(shop.list {"method":"GET","path":"/items","pathParameters":{},)"
        R"("query":{"limit":5,"tag":["a","b"],"cheap":true},"headers":{},"body":{}})");
  CHECK(shop.planned(request_to("GET", "/items")) ==
        R"(shop.list {"method":"GET","path":"/items","pathParameters":{},)"
        R"("query":{"tag":[]},"headers":{},"body":{}})");
}

TEST_CASE("a query that is a map of lists keeps every repeated name") {
  Shop shop;
  const std::string planned = shop.planned(request_to("GET", "/search?q=a+b&x=1&q=%26"));
  CHECK(has(planned, R"("query":{"q":["a b","&"],"x":["1"]})"));
}

TEST_CASE("path parameters are decoded once and stay inside their segment") {
  Shop shop;
  CHECK(has(shop.planned(request_to("GET", "/people/A%2FB%20%C3%A4%2525")),
            "\"pathParameters\":{\"name\":\"A/B \xC3\xA4%25\"}"));
  CHECK(has(shop.planned(request_to("GET", "/people/%22%5C%00")), R"({"name":"\"\\\u0000"})"));
  CHECK(has(shop.planned(request_to("GET", "/people/%ff")), "400 "));
  CHECK(has(shop.planned(request_to("GET", "/people/%zz")), "400 "));
  CHECK(has(shop.planned(request_to("GET", "/people/%2e%2E")), "400 "));
  CHECK(has(shop.planned(request_to("GET", "/people/")), "404 "));
}

TEST_CASE("every fault of a request is named at once, with its place") {
  Shop shop;
  const std::string planned = shop.planned(request_to(
      "PUT", "/items/seven?x=1", R"({"name":3,"price":{"a":"x"},"colour":"red"})", json));
  INFO(planned);
  CHECK(has(planned, "400 "));
  CHECK(has(planned, R"("pointer":"/pathParameters)"));
  CHECK(has(planned, R"("pointer":"/body/name","rule":"wrong-type")"));
  CHECK(has(planned, R"("pointer":"/body/price/)"));
  CHECK(has(planned, R"("rule":"missing")"));
  CHECK(has(planned, R"("pointer":"/body/colour","rule":"unknown-field")"));
  CHECK(has(planned, R"("requestId":"req-1")"));
  const std::string query = shop.planned(request_to("GET", "/items?limit=many&limit=2&nope=1"));
  INFO(query);
  CHECK(has(query, "400 "));
  CHECK(has(query, R"("pointer":"/query/limit")"));
  CHECK(has(query, R"("pointer":"/query/nope")"));
  CHECK(has(shop.planned(request_to("GET", "/items?limit=%f")), R"("pointer":"/query")"));
}

TEST_CASE("a body is read by the kind of its type") {
  Shop shop;
  const std::vector<httpkit::Header> text{{"Content-Type", "text/plain; charset=UTF-8"}};
  CHECK(has(shop.planned(request_to("POST", "/note", "a \"b\"\n", text)), R"("body":"a \"b\"\n")"));
  CHECK(has(shop.planned(request_to("POST", "/note", "{}", json)), R"("body":"{}")"));
  CHECK(has(shop.planned(request_to("POST", "/note", "\xff")), R"("rule":"utf8")"));
  CHECK(has(shop.planned(request_to("POST", "/upload", std::string("\0\xff\x01z", 4))),
            R"("body":"AP8Beg==")"));
  CHECK(has(shop.planned(request_to("POST", "/upload")), R"("body":"")"));
  CHECK(
      has(shop.planned(request_to("POST", "/hook", R"({"a":[1]})", json)), R"("body":{"a":[1]})"));
  CHECK(has(shop.planned(request_to("POST", "/hook", "a=b", text)), R"("body":"a=b")"));
  CHECK(has(shop.planned(request_to("POST", "/hook")), R"("body":null)"));
  CHECK_FALSE(has(shop.planned(request_to("POST", "/maybe")), "\"body\""));
  CHECK(has(shop.planned(request_to("PUT", "/items/7")), R"("pointer":"/body","rule":"missing")"));
}

TEST_CASE("a body of another kind than the verb takes is 415") {
  Shop shop;
  const auto put = [&](const std::string& name, const std::string& value) {
    return shop.planned(request_to("PUT", "/items/7", "x", {{name, value}})).substr(0, 4);
  };
  CHECK(put("content-type", "application/x-www-form-urlencoded") == "415 ");
  CHECK(put("content-type", "text/plain") == "415 ");
  CHECK(put("content-type", "application/json; charset=latin1") == "415 ");
  CHECK(put("content-encoding", "gzip") == "415 ");
  CHECK(put("content-type", "application/merge-patch+json") == "400 ");
  CHECK(put("content-type", "Application/JSON ;charset=\"UTF-8\"") == "400 ");
}

TEST_CASE("G11: a body cannot reach out of its place in the verb's request") {
  Shop shop;
  for (const std::string& body :
       {std::string(R"({}},"method":"x")"), std::string(R"(1,"headers":{})"), std::string("{"),
        std::string("{} {}"), std::string(R"({"a":1,"a":2})"), std::string("\xff"),
        std::string(200, '[') + std::string(200, ']')}) {
    CHECK(has(shop.planned(request_to("POST", "/hook", body, json)), "400 "));
  }
}

TEST_CASE("a verb sees the headers of the request, not those of the hop or of the platform") {
  Shop shop;
  const std::string planned = shop.planned(request_to("GET", "/search", {},
                                                      {{"Host", "x"},
                                                       {"Accept", "a"},
                                                       {"ACCEPT", "b"},
                                                       {"Connection", "keep-alive, X-Hop"},
                                                       {"X-Hop", "1"},
                                                       {"Transfer-Encoding", "chunked"},
                                                       {"Millrace-Side", "chs-evil"},
                                                       {"millrace-caller", "a.b"},
                                                       {"X-Latin", "\xe4"},
                                                       {"Authorization", "Bearer t"}}));
  CHECK(has(planned, R"("headers":{"accept":["a","b"],"authorization":["Bearer t"],"host":["x"],)"
                     "\"x-latin\":[\"\xC3\xA4\"]}"));
}

TEST_CASE("a token of Millrace's own that strays into a request reaches no module") {
  Shop shop;
  const std::string token = "mlr_" + std::string(10, 'a') + "_" + std::string(52, 'b');
  for (const std::string& shown :
       {"Bearer " + token, "bearer  " + token, "Basic " + to_base64("ada:" + token)}) {
    CAPTURE(shown);
    const std::string planned =
        shop.planned(request_to("GET", "/items", {}, {{"Authorization", shown}}));
    CHECK(has(planned, R"("headers":{})"));
    CHECK_FALSE(has(planned, token));
  }
  // What is between a module and its users stays.
  for (const std::string& shown : {"Bearer " + token.substr(1), std::string("Basic YTpi"),
                                   std::string("Bearer a.b.c"), std::string("Basic !")})
    CHECK(has(shop.planned(request_to("GET", "/items", {}, {{"Authorization", shown}})), shown));
}

}  // namespace
}  // namespace millrace::ingress
