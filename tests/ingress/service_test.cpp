// What the outside gets: routes and methods, a verb's answers and failures, ids, CORS.
#include "services/ingress/service.hpp"

#include "support/catch.hpp"
#include "tests/ingress/shop.hpp"

namespace millrace::ingress {
namespace {

using test::has;
using test::header_in;
using test::request_to;
using test::Shop;

httpkit::Response immediate(Shop& shop, const httpkit::Request& request) {
  const auto plan = shop.plan(request);
  REQUIRE(std::holds_alternative<Answer>(plan));
  return std::get<Answer>(plan).response;
}

std::string metadata_of(const VerbCall& call, const std::string& key) {
  for (const auto& [name, value] : call.metadata) {
    if (name == key) return value;
  }
  return "(none)";
}

const httpkit::Request put =
    request_to("PUT", "/items/7", R"({"name":"Cup","price":{"a":1,"currency":"EUR"}})",
               {{"content-type", "application/json"}});

TEST_CASE("a path that no route has is 404 and a method that it has not is 405 with Allow") {
  Shop shop;
  CHECK(immediate(shop, request_to("GET", "/nowhere")).status == 404);
  const auto refused = immediate(shop, request_to("POST", "/items/7"));
  CHECK(refused.status == 405);
  CHECK(header_in(refused, "allow") == "OPTIONS, PUT");
  CHECK(header_in(refused, "content-type") == "application/problem+json");
  CHECK(header_in(immediate(shop, request_to("BREW", "/items")), "allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("HEAD is answered by the GET route and OPTIONS by what the path has") {
  Shop shop;
  CHECK(has(shop.planned(request_to("HEAD", "/items")), R"(shop.list {"method":"HEAD")"));
  const auto options = immediate(shop, request_to("OPTIONS", "/items"));
  CHECK(options.status == 204);
  CHECK(header_in(options, "allow") == "GET, HEAD, OPTIONS");
  CHECK(immediate(shop, request_to("OPTIONS", "*")).status == 204);
  CHECK(immediate(shop, request_to("OPTIONS", "/nowhere")).status == 404);
}

TEST_CASE("an answer has its status, its headers and its body under their aliases") {
  Shop shop;
  const auto response = shop.answered(
      put,
      std::string(R"({"status":201,"headers":{"Location":["/items/7"],"x-a":["1","2"]},)"
                  R"("body":{"name":"Cup","price":{"amount":1,"currency":"EUR"},"tags":[]}})"));
  CHECK(response.status == 201);
  CHECK(response.body == R"({"name":"Cup","price":{"a":1,"currency":"EUR"},"labels":[]})");
  CHECK(header_in(response, "content-type") == "application/json");
  CHECK(header_in(response, "location") == "/items/7");
  CHECK(header_in(response, "millrace-request-id") == "req-1");
  CHECK(header_in(response, "x-request-id") == "req-1");
}

TEST_CASE("an answer without a body gives the error that stands in its place") {
  Shop shop;
  const auto response =
      shop.answered(put, std::string(R"({"status":409,"headers":{},"error":{"why":"held"}})"));
  CHECK(response.status == 409);
  CHECK(response.body == R"({"reason":"held"})");
}

TEST_CASE("a body leaves by the kind of its type, and its own content type wins") {
  Shop shop;
  const auto text = shop.answered(request_to("POST", "/note", "x"),
                                  std::string(R"({"status":200,"body":"a\n\"b\""})"));
  CHECK(text.body == "a\n\"b\"");
  CHECK(header_in(text, "content-type") == "text/plain; charset=utf-8");
  const auto html = shop.answered(
      request_to("POST", "/note", "x"),
      std::string(R"({"status":200,"headers":{"Content-Type":["text/html"]},"body":"<p>"})"));
  CHECK(header_in(html, "content-type") == "text/html");
  const auto bytes = shop.answered(request_to("POST", "/upload"),
                                   std::string(R"({"status":200,"body":"AP8Beg=="})"));
  CHECK(bytes.body == std::string("\0\xff\x01z", 4));
  CHECK(header_in(bytes, "content-type") == "application/octet-stream");
  const auto any = [&](const std::string& type) {
    return shop
        .answered(request_to("GET", "/search"),
                  std::string(R"({"status":200,"headers":{"content-type":[")" + type +
                              R"("]},"body":"<p>\""})"))
        .body;
  };
  CHECK(any("text/html") == "<p>\"");
  CHECK(any("application/json") == R"("<p>\"")");
  const auto none =
      shop.answered(request_to("POST", "/hook"), std::string(R"({"status":202,"body":{}})"));
  CHECK(none.status == 202);
  CHECK(none.body.empty());
  CHECK(header_in(none, "content-type") == "(none)");
}

TEST_CASE("G11: an answer that is no HttpResponse is 502 and says what is wrong with it") {
  Shop shop;
  const auto answered = [&](const std::string& body) { return shop.answered(put, body); };
  for (const std::string& garbage :
       {std::string(""), std::string("[]"), std::string("{"), std::string(R"({"status":"x"})"),
        std::string(R"({"status":99})"), std::string(R"({"status":100})"),
        std::string(R"({"status":600})"), std::string(R"({"status":200,"body":{"name":1}})"),
        std::string(R"({"status":200,"headers":{"a b":["c"]}})"),
        std::string(R"({"status":200,"headers":{"a":["b\r\nc: d"]}})"),
        std::string(R"({"status":200,"extra":1})")}) {
    const auto response = answered(garbage);
    INFO(garbage << " -> " << response.body);
    CHECK(response.status == 502);
    CHECK(header_in(response, "content-type") == "application/problem+json");
  }
  CHECK(has(answered(R"({"status":200,"body":{"name":1}})").body, R"("pointer":"/body/name")"));
}

TEST_CASE("a verb cannot set the headers of the hop or of the platform") {
  Shop shop;
  const auto response = shop.answered(
      put, std::string(R"({"status":204,"headers":{"Connection":["close"],"Content-Length":["9"],)"
                       R"("Millrace-Request-Id":["evil"],"X-Request-Id":["evil"]}})"));
  CHECK(header_in(response, "connection") == "(none)");
  CHECK(header_in(response, "content-length") == "(none)");
  CHECK(header_in(response, "millrace-request-id") == "req-1");
  CHECK(header_in(response, "x-request-id") == "req-1");
}

TEST_CASE("each way that a call can fail has its own status") {
  Shop shop;
  const auto failed = [&](const std::string& reason) {
    return shop.answered(put, CallFailure{reason, "because", false});
  };
  CHECK(failed("no-endpoint").status == 503);
  CHECK(header_in(failed("no-endpoint"), "retry-after") == "1");
  CHECK(failed("unknown-module").status == 503);
  CHECK(failed("unknown-verb").status == 503);
  CHECK(failed("overloaded").status == 503);
  CHECK(failed("behind").status == 503);
  CHECK(failed("").status == 503);
  CHECK(failed("endpoint-failed").status == 502);
  CHECK(failed("timeout").status == 504);
  CHECK(failed("other-incarnation").status == 412);
  CHECK(shop.answered(put, CallFailure{"", "late", true}).status == 504);
  CHECK(has(failed("no-endpoint").body, R"("reason":"no-endpoint")"));
  const auto error = shop.answered(put, VerbError{"out-of-stock", "no cups left"});
  CHECK(error.status == 502);
  CHECK(has(error.body, R"("reason":"out-of-stock")"));
  CHECK(has(error.body, "no cups left"));
}

TEST_CASE("a request id that is fit is kept, any other is replaced") {
  const auto id_of = [](const std::string& name, const std::string& value) {
    return IngressService::arrive(request_to("GET", "/", {}, {{name, value}}), "fresh", "", "")
        .request_id;
  };
  CHECK(id_of("X-Request-Id", "abc-1") == "abc-1");
  CHECK(id_of("Millrace-Request-Id", "abc.2") == "abc.2");
  CHECK(id_of("X-Request-Id", "") == "fresh");
  CHECK(id_of("X-Request-Id", "a b") == "fresh");
  CHECK(id_of("X-Request-Id", "a\"b") == "fresh");
  CHECK(id_of("X-Request-Id", std::string(129, 'a')) == "fresh");
}

TEST_CASE("a trace context that is well formed is carried on, any other begins anew") {
  const std::string good = "00-" + std::string(32, '1') + "-" + std::string(16, '2') + "-01";
  const auto trace_of = [](const std::string& value) {
    return IngressService::arrive(request_to("GET", "/", {}, {{"traceparent", value}}), "",
                                  std::string(32, 'a'), std::string(16, 'b'))
        .traceparent;
  };
  const std::string fresh = "00-" + std::string(32, 'a') + "-" + std::string(16, 'b') + "-01";
  CHECK(trace_of(good) == good);
  CHECK(trace_of(good + "-x") == fresh);
  CHECK(trace_of("01" + good.substr(2) + "-x") == "01" + good.substr(2));
  CHECK(trace_of("ff" + good.substr(2)) == fresh);
  CHECK(trace_of("00-" + std::string(32, '0') + good.substr(35)) == fresh);
  CHECK(trace_of("00-" + std::string(32, 'A') + good.substr(35)) == fresh);
  CHECK(trace_of("nonsense") == fresh);
}

TEST_CASE("ids and the wanted revision go along with the call, a side from outside does not") {
  Shop shop;
  const std::string wanted = std::string(32, '0') + ":7";
  const auto plan = shop.plan(request_to(
      "GET", "/items", {}, {{"millrace-min-revision", wanted}, {"millrace-side", "chs-evil"}}));
  REQUIRE(std::holds_alternative<VerbCall>(plan));
  const auto& call = std::get<VerbCall>(plan);
  CHECK(metadata_of(call, "millrace-request-id") == "req-1");
  CHECK(metadata_of(call, "traceparent").size() == 55);
  CHECK(metadata_of(call, "millrace-min-revision") == wanted);
  CHECK(metadata_of(call, "millrace-side") == "(none)");
}

TEST_CASE("a canary takes its share of the requests, with its own types and its side named") {
  Shop shop;
  std::string text = test::shop_schema;
  text.replace(text.find("limit Int?"), 10, "limit String?");
  auto created = test::changeset_of(text, "2");
  created.changeset.canary_percent = 50;
  shop.state.apply(test::commit_at(3, {created}));
  shop.state.apply(test::commit_at(4, {schema::ChangesetPrepared{"chs-2"}}));
  int canary = 0;
  for (int i = 0; i < 200; ++i) {
    const auto plan = shop.plan(
        request_to("GET", "/items?limit=5", {}, {{"x-request-id", "r" + std::to_string(i)}}));
    const auto& call = std::get<VerbCall>(plan);
    const bool taken = metadata_of(call, "millrace-side") == "chs-2";
    CHECK(has(call.body, taken ? R"("limit":"5")" : R"("limit":5)"));
    canary += taken ? 1 : 0;
  }
  CHECK(canary > 60);
  CHECK(canary < 140);
}

TEST_CASE("G2: the types of a replaced module change with its revision, those of others stay") {
  Shop shop;
  CHECK(has(shop.planned(put), R"("amount":1)"));
  test::deploy(shop.state,
               "module money {\n export data Price {\n amount String +alias json \"a\"\n "
               "currency String\n }\n}",
               "2", {"dpl-money-1"});
  CHECK(has(shop.planned(put), R"("rule":"wrong-type")"));
  const auto text =
      request_to("PUT", "/items/7", R"({"name":"Cup","price":{"a":"x","currency":"EUR"}})");
  CHECK(has(shop.planned(text), R"("amount":"x")"));
}

TEST_CASE("CORS is off unless the settings name origins") {
  Shop shop;
  const auto asked = request_to(
      "OPTIONS", "/items", {}, {{"Origin", "https://a"}, {"Access-Control-Request-Method", "GET"}});
  CHECK(header_in(immediate(shop, asked), "access-control-allow-origin") == "(none)");
  CHECK(header_in(immediate(shop, asked), "vary") == "(none)");
}

TEST_CASE("CORS lets the named origins in and no others") {
  Shop shop({.origins = {"https://a"}, .headers = {}, .credentials = true, .max_age_ms = 60'000});
  const auto ask = [&](const std::string& origin) {
    return immediate(shop, request_to("OPTIONS", "/items/7", {},
                                      {{"Origin", origin},
                                       {"Access-Control-Request-Method", "PUT"},
                                       {"Access-Control-Request-Headers", "content-type"}}));
  };
  const auto allowed = ask("https://a");
  CHECK(allowed.status == 204);
  CHECK(header_in(allowed, "access-control-allow-origin") == "https://a");
  CHECK(header_in(allowed, "access-control-allow-methods") == "OPTIONS, PUT");
  CHECK(header_in(allowed, "access-control-allow-headers") == "content-type");
  CHECK(header_in(allowed, "access-control-allow-credentials") == "true");
  CHECK(header_in(allowed, "access-control-max-age") == "60");
  CHECK(header_in(allowed, "vary") == "origin");
  CHECK(header_in(ask("https://b"), "access-control-allow-origin") == "(none)");
  httpkit::Request from_page = put;
  from_page.headers.push_back({"Origin", "https://a"});
  const auto answered = shop.answered(from_page, std::string(R"({"status":204})"));
  CHECK(header_in(answered, "access-control-allow-origin") == "https://a");
  CHECK(has(header_in(answered, "access-control-expose-headers"), "x-request-id"));
}

}  // namespace
}  // namespace millrace::ingress
