// Rules about ingress verbs, cron, retries, topics and egress: each with what is refused and not.
#include "checking.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

// An ingress verb of which everything is right but what is handed in.
std::string ingress(const std::string& route, const std::string& body, const std::string& path,
                    const std::string& query) {
  return in_module(
      "data P { id Int } data Q { a String? b [Int] c C } data N { p P } "
      "enum C: String { R = \"r\" } verb v(HttpRequest<" +
      body + ", " + path + ", " + query + ">) HttpResponse<Int, String> +ingress " + route);
}

// Only the rule, since the column depends on the lengths.
std::string rule_of(const std::string& found) { return found.substr(0, found.find(' ')); }

}  // namespace

TEST_CASE("ingress-request and ingress-response: an ingress verb speaks the builtin types") {
  CHECK(in_module("verb v(Unit) HttpResponse<Int, Int> +ingress http GET /a") ==
        "ingress-request 1:19");
  CHECK(in_module("verb v(HttpRequest<Unit, Unit, Unit>) Int +ingress http GET /a") ==
        "ingress-response 1:50");
  CHECK(in_module("verb v(HttpRequest<Unit, Unit, Unit>?) HttpResponse<Int, Int> +ingress GET /a")
            .substr(0, 15) == "ingress-request");
  CHECK(ingress("http GET /", "Unit", "Unit", "Unit") == "");
}

TEST_CASE("ingress-path: parameters and the path type must agree") {
  CHECK(ingress("GET /a/{id}", "Unit", "P", "Unit") == "");
  CHECK(ingress("GET /a/{id}", "Unit", "Int", "Unit") == "");
  CHECK(ingress("GET /a/{id}/{x}", "Unit", "{String: String}", "Unit") == "");
  for (const char* route : {"GET /a/{id}/{id}", "GET /a/{other}", "GET /a", "GET /a//{id}",
                            "GET /a/../{id}", "GET /a/{id}/", "GET /x{id}"}) {
    INFO(route);
    CHECK(rule_of(ingress(route, "Unit", "P", "Unit")) == "ingress-path");
  }
  CHECK(rule_of(ingress("GET /{id}", "Unit", "Unit", "Unit")) == "ingress-path");
  CHECK(rule_of(ingress("GET /{a}/{b}", "Unit", "Int", "Unit")) == "ingress-path");
  CHECK(rule_of(ingress("GET /{p}", "Unit", "N", "Unit")) == "ingress-path");
  CHECK(rule_of(ingress("GET /{p}", "Unit", "[Int]", "Unit")) == "ingress-path");
}

TEST_CASE("ingress-body: only methods with a body take one") {
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    CHECK(ingress(std::string(method) + " /a", "Unit", "Unit", "Unit") == "");
    CHECK(rule_of(ingress(std::string(method) + " /a", "Int", "Unit", "Unit")) == "ingress-body");
  }
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    CHECK(ingress(std::string(method) + " /a", "Q", "Unit", "Unit") == "");
  }
}

TEST_CASE("ingress-query: Unit, maps of strings, or data of scalars and lists of them") {
  for (const char* query : {"Unit", "{String: String}", "{String: [String]}", "Q", "P"}) {
    CHECK(ingress("GET /a", "Unit", "Unit", query) == "");
  }
  for (const char* query : {"Int", "{String: Int}", "{Int: String}", "N", "[String]", "Any"}) {
    INFO(query);
    CHECK(rule_of(ingress("GET /a", "Unit", "Unit", query)) == "ingress-query");
  }
}

TEST_CASE("ingress-overlap: two routes that could match one request, neither more specific") {
  const auto both = [](const std::string& one, const std::string& two) {
    const std::string types =
        "(HttpRequest<Unit, {String: String}, Unit>) HttpResponse<Int, Int> +ingress http ";
    return rule_of(
        rules("module a { verb v" + types + one + " }\nmodule b { verb w" + types + two + " }"));
  };
  CHECK(both("GET /a/b", "GET /a/{x}") == "");
  CHECK(both("GET /a", "POST /a") == "");
  CHECK(both("GET /a/{x}", "GET /b/{x}") == "");
  CHECK(both("GET /a", "GET /a") == "ingress-overlap");
  CHECK(both("GET /a/{x}", "GET /a/{y}") == "ingress-overlap");
  CHECK(both("GET /a/{x}", "GET /{y}/b") == "ingress-overlap");
}

TEST_CASE("cron-expression: fields, durations and weekdays that come") {
  const auto cron = [](const std::string& expression) {
    return rules("module a { verb v(Unit) Unit\n+cron " + expression + "\n}");
  };
  for (const char* good :
       {"* * * * *", "*/10 * * 1-10,11-31 * * *", "0 0 29 2 *", "Mon", "Sunday", "5s", "25m", "5h",
        "0 12 * * 7", "1 2 3 4 5 6", "0 0 0 29 2 * 2024", "5/15 * * * *", "0 0 31 2 1"}) {
    INFO(good);
    CHECK(cron(good) == "");
  }
  for (const char* bad : {"* * * *",           "60 * * * *", "* 24 * * *", "* * 0 * *",
                          "* * * 13 *",        "* * * * 8",  "a * * * *",  "*/0 * * * *",
                          "5-1 * * * *",       "1, * * * *", "0 0 30 2 *", "0 0 31 4,6 *",
                          "0 0 0 29 2 * 2023", "Mo",         "0s",         "5x",
                          "* * * * * * * *",   "- * * * *",  "-1 * * * *", "99999999999 * * * *"}) {
    INFO(bad);
    CHECK(cron(bad) == "cron-expression 2:1");
  }
}

TEST_CASE("cron-verb: takes and returns Unit") {
  CHECK(in_module("verb v(Int) Unit +cron 5m") == "cron-verb 1:29");
  CHECK(in_module("verb v(Unit) Int +cron 5m") == "cron-verb 1:29");
}

TEST_CASE("retry: counts, backoffs, what it stands on and the catch verb") {
  const auto retry = [](const std::string& text) {
    return rule_of(
        in_module("topic t Int verb v(Int) Unit +subscribe t from=latest +retry " + text +
                  "\nverb good(CatchRequest<Int>) Unit verb any(CatchRequest<Any>) Unit "
                  "verb other(CatchRequest<String>) Unit verb gives(CatchRequest<Int>) Int"));
  };
  for (const char* good : {"", "0", "10", "1s", "1m 1d", "10 1m5s 1h catch good", "catch any"}) {
    INFO(good);
    CHECK(retry(good) == "");
  }
  for (const char* bad : {"-1", "1001", "0s", "25h", "2d", "1h 1m", "5m1h", "1.5s", "x1", "10 ms",
                          "catch other", "catch gives", "catch v"}) {
    INFO(bad);
    CHECK(retry(bad) != "");
  }
  CHECK(in_module("verb v(Unit) Unit +retry 3") == "retry 1:30");
  CHECK(in_module("verb v(Unit) Unit +cron 5m +retry 3") == "");
}

TEST_CASE("subscribe: the topic's event in, nothing out, one topic a verb") {
  CHECK(in_module("topic t Int verb v(Int) Unit +subscribe t from=beginning") == "");
  CHECK(in_module("typealias N Int topic t N verb v(Int) Unit +subscribe t from=latest") == "");
  CHECK(in_module("topic t Int verb v(String) Unit +subscribe t from=latest") == "subscribe 1:44");
  CHECK(in_module("topic t Int verb v(Int) Int +subscribe t from=latest") == "subscribe 1:40");
  CHECK(in_module("topic t Int verb v(Int) Unit +subscribe t from=latest +subscribe t "
                  "from=latest") == "subscribe 1:66");
}

TEST_CASE("topic-name and partitions") {
  CHECK(in_module("topic Topic Int") == "topic-name 1:18");
  CHECK(in_module("topic _t Int") == "topic-name 1:18");
  CHECK(in_module("topic t Int +partitions 1") == "");
  CHECK(in_module("topic t Int +partitions 0") == "partitions 1:24");
}

TEST_CASE("dead-letter: the generated topic clashes only with a declaration of another type") {
  const std::string verb = "topic t Int verb v(Int) Unit +subscribe t from=latest deadletter ";
  CHECK(in_module(verb) == "");
  CHECK(in_module(verb + "topic vFailed FailedEvent<Int>") == "");
  CHECK(in_module(verb + "topic vFailed Int") == "dead-letter 1:41");
  CHECK(in_module(verb + "data vFailed {}") == "dead-letter 1:41");
}

TEST_CASE("egress: a target may name configs of this module only") {
  CHECK(in_module("config host String verb v(Unit) Unit +egress \"https://${host}/\", \"$x\"") ==
        "");
  CHECK(in_module("verb v(Unit) Unit +egress \"${host}\"") == "egress 1:30");
  CHECK(in_module("config host String verb v(Unit) Unit +egress \"${host\"") == "egress 1:49");
}
