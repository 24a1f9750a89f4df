// Both sides of each rule of compatibility beyond the types of fields: what breaks, what does not,
// and who among the deployed modules is hit. A row is two schemas and all that is said of them.
#include "schema/check.hpp"
#include "schema/compat.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

Schema read(const std::string& text) {
  CheckedSchema checked = parse_and_check({{"f", text}});
  for (const Diagnostic& found : checked.diagnostics) UNSCOPED_INFO(to_string(found));
  INFO(text);
  REQUIRE(checked.ok());
  return std::move(checked.schema);
}

// "shop.get visibility-changed breaks request [lost-export]: cart.go calls shop.get", a line for
// each change; who only sees it is in brackets.
std::string told(const Schema& before, const Schema& after) {
  const Callers callers(before);
  std::string text;
  for (const Change& change : compare(before, after)) {
    text += (text.empty() ? "" : "\n") + change.place + " " + std::string(name_of(change.kind));
    if (change.breaking)
      text += " breaks " + std::string(name_of(change.direction)) + " [" + change.rule + "]";
    std::string hits;
    for (const Hit& hit : callers.of(change)) {
      const std::string shown = hit.breaks ? to_string(hit) : "(" + to_string(hit) + ")";
      hits += (hits.empty() ? ": " : ", ") + shown;
    }
    text += hits;
  }
  return text;
}

struct Row {
  std::string title;
  std::string before;
  std::string after;
  std::string told;
};

// Modules that use the module that changes, and stay as they are.
const std::string cart = "module cart { verb go(Unit) Unit +calls shop.get }\n";
const std::string mail =
    "module mail { verb on(shop.Sold) Unit +subscribe shop.sold from=latest }\n";
const std::string till = "module till { verb sell(Unit) Unit +publish shop.sold }\n";
const std::string view = "module view { data Page { order shop.Order? } }\n";

std::string shop(const std::string& text) { return "module shop { " + text + " }\n"; }
std::string topic_of(const std::string& fields) {
  return mail + till + shop("export data Sold { " + fields + " } export topic sold shop.Sold");
}
std::string route(const std::string& path, const std::string& fields,
                  const std::string& more = "") {
  return shop("data P { " + fields + " } verb get(HttpRequest<Unit, shop.P, Unit>)" +
              " HttpResponse<String, String> +ingress http GET " + path + more);
}
std::string query(const std::string& fields) {
  return shop("data Q { " + fields + " } verb get(HttpRequest<Unit, Unit, shop.Q>)" +
              " HttpResponse<String, String> +ingress http GET /a");
}
std::string body(const std::string& data, const std::string& metadata = "") {
  return shop("data B { " + data + " } verb put(HttpRequest<shop.B, Unit, Unit>)" +
              " HttpResponse<shop.B, String> +ingress http PUT /a " + metadata);
}

std::string me(const std::string& answer = "String", const std::string& at = "GET /a/me",
               const std::string& module = "me") {
  return "module " + module + " { verb get(HttpRequest<Unit, Unit, Unit>) HttpResponse<" + answer +
         ", String> +ingress http " + at + " }\n";
}

// Its answer is of no concern: nobody sees the body that answers HEAD.
std::string head(const std::string& path, const std::string& fields) {
  return "module head { data P { " + fields + " } verb look(HttpRequest<Unit, head.P, Unit>)" +
         " HttpResponse<Int, Int> +ingress http HEAD " + path + " }\n";
}

const std::vector<Row> verbs = {
    {"a removed verb", cart + shop("export verb get(Unit) Unit"),
     cart.substr(0, 14) + "}" + shop(""),
     "cart.go decl-removed\n"
     "shop.get decl-removed breaks request [removed-verb]: cart.go calls shop.get"},
    {"a removed verb that was not exported", shop("verb get(Unit) Unit"), shop(""),
     "shop.get decl-removed"},
    {"a renamed verb", shop("export verb get(Unit) Unit"), shop("export verb fetch(Unit) Unit"),
     "shop.fetch decl-added\nshop.get decl-removed breaks request [removed-verb]"},
    {"a new verb", shop(""), shop("export verb get(Unit) Unit"), "shop.get decl-added"},
    {"a removed module", "module a { export verb v(Unit) Unit verb w(Unit) Unit }", "module b {}",
     "a module-removed\na.v decl-removed breaks request [removed-verb]\n"
     "b module-added"},
    {"another request and response", shop("export verb get(Int) Int"),
     shop("export verb get(Float) Float"),
     "shop.get request-changed\nshop.get response-changed breaks response [wider-type]"},
    {"a request where there was none", shop("export data T { a Int } export verb get(Unit) Unit"),
     shop("export data T { a Int } export verb get(shop.T) Unit"),
     "shop.get request-changed breaks request [narrower-type]"},
    {"types of a verb that nobody outside sees", shop("verb get(Int) Int"),
     shop("verb get(String) String"), "shop.get request-changed\nshop.get response-changed"},
    {"what a verb calls, and in which order", cart + shop("export verb get(Unit) Unit"),
     "module cart { verb go(Unit) Unit }\n" + shop("export verb get(Unit) Unit"),
     "cart.go metadata-removed"},
};

const std::vector<Row> visibility = {
    {"a verb that loses export", cart + shop("export verb get(Unit) Unit"),
     shop("verb get(Unit) Unit"),
     "cart module-removed\n"
     "shop.get visibility-changed breaks request [lost-export]: cart.go calls shop.get"},
    {"a verb that gains export", shop("verb get(Unit) Unit"), shop("export verb get(Unit) Unit"),
     "shop.get visibility-changed"},
    {"data that loses export", view + shop("export data Order { a Int }"),
     shop("data Order { a Int }"),
     "shop.Order visibility-changed breaks request [lost-export]: view.Page refers to shop.Order\n"
     "view module-removed"},
    {"an enum and an alias that lose export",
     shop("export enum E: Int { A = 1 } export typealias T Int"),
     shop("enum E: Int { A = 1 } typealias T Int"),
     "shop.E visibility-changed breaks request [lost-export]\n"
     "shop.T visibility-changed breaks request [lost-export]"},
    {"a topic that loses export",
     mail + till + shop("export data Sold { a Int } export topic sold shop.Sold"),
     shop("export data Sold { a Int } topic sold shop.Sold"),
     "mail module-removed\n"
     "shop.sold visibility-changed breaks topic [lost-export]: mail.on subscribes to shop.sold, "
     "till.sell publishes shop.sold\n"
     "till module-removed"},
    {"a removed type", view + shop("export data Order { a Int }"), shop(""),
     "shop.Order decl-removed breaks request [removed-type]: view.Page refers to shop.Order\n"
     "view module-removed"},
    {"a removed type that was not exported", shop("data Order { a Int }"), shop(""),
     "shop.Order decl-removed"},
    {"another number of type parameters", shop("export data P<A> { a A? }"),
     shop("export data P<A, B> { a A? b B? }"),
     "shop.P type-parameters-changed breaks request [type-parameters]\nshop.P.b field-added"},
    {"type parameters with other names", shop("export data P<A> { a A? }"),
     shop("export data P<B> { a B? }"), "shop.P type-parameters-changed\nshop.P.a type-changed"},
};

const std::vector<Row> realms = {
    {"export realm becomes export",
     "realm a { module shop { export realm verb get(Unit) Unit } module near { verb go(Unit) Unit "
     "+calls shop.get } } realm b { module far { verb go(Unit) Unit +calls shop.get } }",
     "realm a { module shop { export verb get(Unit) Unit } module near { verb go(Unit) Unit "
     "+calls shop.get } }",
     "far module-removed\n"
     "shop.get visibility-changed breaks request [lost-export]: far.go calls shop.get"},
    {"export becomes export realm", "realm a { module shop { export verb get(Unit) Unit } }",
     "realm a { module shop { export realm verb get(Unit) Unit } }", "shop.get visibility-changed"},
    {"a realm becomes external", "realm a { module shop { export verb get(Unit) Unit } }",
     "external realm a { module shop { export verb get(Unit) Unit } }", "shop realm-changed"},
    {"a module moves to another realm",
     "realm a { module shop { export verb get(Unit) Unit export realm verb all(Unit) Unit } "
     "module near { verb go(Unit) Unit +calls shop.get verb other(Unit) Unit +calls shop.all } }",
     "realm b { module shop { export verb get(Unit) Unit export realm verb all(Unit) Unit } } "
     "realm a { module near { verb other(Unit) Unit +calls shop.all } }",
     "near.go decl-removed\n"
     "shop realm-changed breaks request [lost-export]: near.go calls shop.get"},
    {"a module moves to another realm and nothing of it is exported to the old one alone",
     "realm a { module shop { export realm verb get(Unit) Unit } }",
     "realm b { module shop { export realm verb get(Unit) Unit } }", "shop realm-changed"},
};

const std::vector<Row> topics = {
    {"a removed topic", topic_of("a Int"), shop("export data Sold { a Int }"),
     "mail module-removed\n"
     "shop.sold decl-removed breaks topic [removed-topic]: mail.on subscribes to shop.sold, "
     "till.sell publishes shop.sold\n"
     "till module-removed"},
    {"a new required field of an event: publishers do not send it", topic_of("a Int"),
     topic_of("a Int b Int"),
     "shop.Sold.b field-added breaks topic [new-required-field]: (mail.on subscribes to "
     "shop.sold), till.sell publishes shop.sold, mail.on refers to shop.Sold"},
    {"a new optional field of an event", topic_of("a Int"), topic_of("a Int b Int?"),
     "shop.Sold.b field-added: (mail.on subscribes to shop.sold), (till.sell publishes shop.sold), "
     "(mail.on refers to shop.Sold)"},
    {"a wider event: subscribers would get what they do not know", topic_of("a Int"),
     topic_of("a Float"),
     "shop.Sold.a type-changed breaks topic [wider-type]: mail.on subscribes to shop.sold, "
     "(till.sell publishes shop.sold), mail.on refers to shop.Sold"},
    {"a narrower event: publishers send what is not taken", topic_of("a Float"), topic_of("a Int"),
     "shop.Sold.a type-changed breaks topic [narrower-type]: (mail.on subscribes to shop.sold), "
     "till.sell publishes shop.sold, mail.on refers to shop.Sold"},
    {"an event of another type altogether", shop("export topic sold Int"),
     shop("export topic sold Bool"), "shop.sold type-changed breaks topic [changed-type]"},
    {"an event that nobody outside sees", shop("topic sold Int"), shop("topic sold Bool"),
     "shop.sold type-changed"},
    {"partitions", shop("export topic sold Int"), shop("export topic sold Int +partitions 4"),
     "shop.sold metadata-added"},
};

const std::vector<Row> stored = {
    {"a config of another type", shop("config limit Int"), shop("config limit Bool"),
     "shop.limit type-changed breaks config [stored-value]: the stored value of shop.limit"},
    {"a config that keeps its value", shop("config limit Int"), shop("config limit Float"),
     "shop.limit type-changed: (the stored value of shop.limit)"},
    {"a config of data with a new required field", shop("data L { a Int } config limit shop.L"),
     shop("data L { a Int b Int } config limit shop.L"),
     "shop.L.b field-added breaks config [stored-value]: the stored value of shop.limit"},
    {"a config of data with a new optional field", shop("data L { a Int } config limit shop.L"),
     shop("data L { a Int b Int? } config limit shop.L"),
     "shop.L.b field-added: (the stored value of shop.limit)"},
    {"a secret of another type", shop("secret key String"), shop("secret key Int"),
     "shop.key type-changed breaks config [stored-value]: the stored value of shop.key"},
    {"a secret that keeps its value", shop("secret key Int"), shop("secret key Int?"),
     "shop.key type-changed: (the stored value of shop.key)"},
    {"a config that is gone", shop("config limit Int"), shop(""), "shop.limit decl-removed"},
    {"a config that became a secret", shop("config key String"), shop("secret key String"),
     "shop.key kind-changed"},
};

const std::vector<Row> routes = {
    {"a removed route", route("/a/{x}", "x Int"), shop("data P { x Int }"),
     "shop.get decl-removed\n"
     "shop.get route-removed breaks route [removed-route]: whoever sends GET /a/{x}"},
    {"a renamed route", route("/a/{x}", "x Int"), route("/b/{x}", "x Int"),
     "shop.get route-added\n"
     "shop.get route-removed breaks route [removed-route]: whoever sends GET /a/{x}"},
    {"another method", route("/a/{x}", "x Int"),
     shop("data P { x Int } verb get(HttpRequest<Unit, shop.P, Unit>) HttpResponse<String, String> "
          "+ingress http DELETE /a/{x}"),
     "shop.get route-added\n"
     "shop.get route-removed breaks route [removed-route]: whoever sends GET /a/{x}"},
    {"a new route", shop(""),
     shop("verb get(HttpRequest<Unit, Unit, Unit>) HttpResponse<Unit, Unit> "
          "+ingress http GET /a"),
     "shop.get decl-added\nshop.get route-added"},
    {"another name of a path parameter", route("/a/{x}", "x Int"), route("/a/{y}", "y Int"),
     "shop.P.x field-removed\nshop.P.y field-added\nshop.get metadata-changed"},
    {"a narrower path parameter", route("/a/{x}", "x String"), route("/a/{x}", "x Int"),
     "shop.P.x type-changed breaks request [narrower-type]: whoever sends GET /a/{x}"},
    {"a wider path parameter", route("/a/{x}", "x Int"), route("/a/{x}", "x String"),
     "shop.P.x type-changed: (whoever sends GET /a/{x})"},
    {"a route that another verb answers in the same way", route("/a/{x}", "x Int"),
     shop("data P { x Int } verb other(HttpRequest<Unit, shop.P, Unit>) "
          "HttpResponse<String, String> +ingress http GET /a/{x}"),
     "shop.get decl-removed\nshop.get route-moved: (whoever sends GET /a/{x})\n"
     "shop.other decl-added"},
    {"a new route that takes requests of a less specific one", route("/a/{x}", "x Int"),
     route("/a/{x}", "x Int") + me(),
     "me module-added\nme.get route-added\n"
     "shop.get requests-moved: (whoever sends GET /a/me)"},
    {"a new route for requests that the less specific one refuses", route("/a/{x}", "x Int"),
     route("/a/{x}", "x Int") + me("Int"),
     "me module-added\nme.get route-added\n"
     "shop.get requests-moved: (whoever sends GET /a/me)"},
    {"a new route that takes requests and answers otherwise", route("/a/{x}", "x String"),
     route("/a/{x}", "x String") + me("Int"),
     "me module-added\nme.get route-added\n"
     "shop.get requests-moved breaks response [wider-type]: whoever sends GET /a/me"},
    {"a new route of another method or length takes none", route("/a/{x}", "x Int"),
     route("/a/{x}", "x Int") + me("String", "POST /a/me") + me("String", "GET /a/me/b", "more"),
     "me module-added\nme.get route-added\n"
     "more module-added\nmore.get route-added"},
    {"a route that goes leaves its requests to a less specific one",
     route("/a/{x}", "x String") + me(), route("/a/{x}", "x String"),
     "me module-removed\nme.get route-removed\n"
     "me.get requests-moved: (whoever sends GET /a/me)"},
    {"a word in the path that the less specific route does not take",
     route("/a/{x}", "x Int") + me(), route("/a/{x}", "x Int"),
     "me module-removed\nme.get route-removed\n"
     "me.get requests-moved breaks request [narrower-type]: whoever sends GET /a/me"},
    {"a verb that comes between and takes no unknown fields",
     body("a Int", "+encoding json lenient"),
     shop("data B { a Int } verb other(HttpRequest<shop.B, Unit, Unit>) "
          "HttpResponse<shop.B, String> +ingress http PUT /a"),
     "shop.other decl-added\nshop.put decl-removed\n"
     "shop.put route-moved breaks request [stricter-encoding]: whoever sends PUT /a"},
    {"a new required query parameter", query("a Int?"), query("a Int? b Int"),
     "shop.Q.b field-added breaks request [new-required-field]: whoever sends GET /a"},
    {"a new optional query parameter", query("a Int?"), query("a Int? b Int?"),
     "shop.Q.b field-added: (whoever sends GET /a)"},
    {"a removed query parameter", query("a Int? b Int?"), query("a Int?"),
     "shop.Q.b field-removed breaks request [removed-field]: whoever sends GET /a"},
    {"a query parameter that may be any text now", query("a Int"), query("a String"),
     "shop.Q.a type-changed: (whoever sends GET /a)"},
    {"a query parameter that may be given more than once", query("a Int"), query("a [Int]"),
     "shop.Q.a type-changed: (whoever sends GET /a)"},
    {"a query parameter that may be given once only", query("a [Int]"), query("a Int"),
     "shop.Q.a type-changed breaks request [narrower-type]: whoever sends GET /a"},
    {"the JSON name of a field", body("a Int"), body("a Int +alias json \"b\""),
     "shop.B.a alias-changed breaks response [renamed-json]: whoever sends PUT /a"},
    {"the name of a field that keeps its JSON name", body("a Int +alias json \"x\""),
     body("b Int +alias json \"x\""), "shop.B.a field-removed\nshop.B.b field-added"},
    {"a verb that is no longer lenient", body("a Int", "+encoding json lenient"), body("a Int"),
     "shop.put encoding-changed breaks request [stricter-encoding]: whoever sends PUT /a"},
    {"a verb that becomes lenient", body("a Int"), body("a Int", "+encoding json lenient"),
     "shop.put encoding-changed: (whoever sends PUT /a)"},
};

// HEAD is answered by the GET route where none is for HEAD.
const std::vector<Row> heads = {
    {"a HEAD route takes the HEAD requests of the GET route", route("/a/{x}", "x Int"),
     route("/a/{x}", "x Int") + head("/a/{y}", "y Int"),
     "head module-added\nhead.look route-added\n"
     "shop.get requests-moved: (whoever sends HEAD /a/{x})"},
    {"a HEAD route that takes less than the GET route", route("/a/{x}", "x String"),
     route("/a/{x}", "x String") + head("/a/{y}", "y Int"),
     "head module-added\nhead.look route-added\n"
     "shop.get requests-moved breaks request [narrower-type]: whoever sends HEAD /a/{x}"},
    {"a HEAD route that goes leaves its requests to the GET route",
     route("/a/{x}", "x String") + head("/a/{y}", "y Int"), route("/a/{x}", "x String"),
     "head module-removed\nhead.look route-removed\n"
     "head.look requests-moved: (whoever sends HEAD /a/{y})"},
    {"a HEAD route that goes leaves requests that the GET route refuses",
     route("/a/{x}", "x Int") + head("/a/{y}", "y String"), route("/a/{x}", "x Int"),
     "head module-removed\nhead.look route-removed\n"
     "head.look requests-moved breaks request [narrower-type]: whoever sends HEAD /a/{y}"},
    {"a HEAD route that goes where no GET route is", head("/a/{x}", "x Int") + shop(""), shop(""),
     "head module-removed\n"
     "head.look route-removed breaks route [removed-route]: whoever sends HEAD /a/{x}"},
    {"a HEAD route that goes leaves a part to a GET route", head("/a/{x}", "x String") + me(), me(),
     "head module-removed\n"
     "head.look route-removed breaks route [removed-route]: whoever sends HEAD /a/{x}\n"
     "head.look requests-moved: (whoever sends HEAD /a/me)"},
    {"a HEAD route takes those of a more specific GET route too", me(),
     me() + head("/a/{x}", "x Int"),
     "head module-added\nhead.look route-added\n"
     "me.get requests-moved breaks request [narrower-type]: whoever sends HEAD /a/me"},
    {"a HEAD route and a GET route of which neither is more specific", route("/{x}/me", "x String"),
     route("/{x}/me", "x String") + head("/a/{y}", "y String"),
     "head module-added\nhead.look route-added\n"
     "shop.get requests-moved: (whoever sends HEAD /a/me)"},
    {"a GET route beside a HEAD route takes none of its requests", head("/a/{x}", "x Int"),
     head("/a/{x}", "x Int") + me(), "me module-added\nme.get route-added"},
    {"a HEAD route takes those of another HEAD route and none of the GET route",
     route("/a/{x}", "x String") + head("/a/{x}", "x String"),
     route("/a/{x}", "x String") + head("/a/{x}", "x String") + me("String", "HEAD /a/me"),
     "head.look requests-moved: (whoever sends HEAD /a/me)\n"
     "me module-added\nme.get route-added"},
    {"what would answer HEAD", me("String", "HEAD /a"), me("Int", "HEAD /a"),
     "me.get response-changed"},
    {"what answers GET", me("String", "GET /a"), me("Int", "GET /a"),
     "me.get response-changed breaks response [wider-type]: whoever sends GET /a"},
};

const std::vector<Row> others = {
    {"a database, its engine and its migrations", shop("database postgres store"),
     shop("database mysql store +migration sha256:"
          "8cc04c75ab7967eb2ec82e11e886831e00b7cb00507e9a8ecf400bdc599eccfd"),
     "shop.store type-changed\nshop.store metadata-added"},
    {"a database that is gone", shop("database postgres store"), shop(""),
     "shop.store decl-removed"},
    {"when a cron verb is called", shop("verb tick(Unit) Unit +cron 5m"),
     shop("verb tick(Unit) Unit +cron 10m"), "shop.tick metadata-changed"},
    {"what is retried", mail + topic_of("a Int").substr(mail.size()),
     "module mail { verb on(shop.Sold) Unit +subscribe shop.sold from=latest +retry 3 1s 5s }\n" +
         topic_of("a Int").substr(mail.size()),
     "mail.on metadata-added"},
    {"from where events are read", topic_of("a Int"),
     "module mail { verb on(shop.Sold) Unit +subscribe shop.sold from=beginning }\n" +
         topic_of("a Int").substr(mail.size()),
     "mail.on metadata-changed"},
    {"order, comments and places",
     shop("// one\n export data B { x Int y Int } export verb get(shop.B) Unit config a Int"),
     "\n\n" +
         shop("config a Int export verb get(shop.B) Unit // two\n export data B { y Int x Int }"),
     ""},
};

}  // namespace

TEST_CASE("each change beyond types breaks whom it must and tells who is hit") {
  for (const std::vector<Row>* rows :
       {&verbs, &visibility, &realms, &topics, &stored, &routes, &heads, &others}) {
    for (const Row& row : *rows) {
      INFO(row.title);
      CHECK(told(read(row.before), read(row.after)) == row.told);
    }
  }
}
