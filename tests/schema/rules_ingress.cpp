// HTTP routes and what their verbs speak.
#include "rules.hpp"

namespace millrace::schema {

namespace {

constexpr RuleCase cases[] = {
    {"ingress-request", "module a { verb v(Unit) HttpResponse<Int, Int> +ingress http GET /a }",
     "ingress-request 1:19", "must take builtin.HttpRequest<...>, not Unit"},
    {"ingress-request",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>?) HttpResponse<Int, Int> +ingress GET /a }",
     "ingress-request 1:19"},
    {"ingress-request",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>) HttpResponse<Int, Int>\n+ingress GET "
     "/a\n}",
     ""},

    {"ingress-response",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>) Int +ingress http GET /a }",
     "ingress-response 1:50", "must return builtin.HttpResponse<...>, not Int"},
    {"ingress-response",
     "module a { verb v(HttpRequest<Int, Unit, Unit>) HttpResponse<[Int]?, Unit>\n"
     "+ingress http POST /\n}",
     ""},

    {"ingress-path",
     "module a { verb v(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a/{x}/{x}\n}",
     "ingress-path 2:1", "the parameter {x} stands twice"},
    {"ingress-path",
     "module a { data P { id Int more Int } "
     "verb v(HttpRequest<Unit, P, Unit>) HttpResponse<Int, Int>\n+ingress GET /a/{id}/{x}\n}",
     "ingress-path 2:1, ingress-path 2:1", "the field `more`"},
    {"ingress-path",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a//b\n}",
     "ingress-path 2:1", "an empty segment"},
    {"ingress-path",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a/../b\n}",
     "ingress-path 2:1", "the segment `..`"},
    {"ingress-path",
     "module a { verb v(HttpRequest<Unit, Unit, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{a}\n}",
     "ingress-path 2:1", "the path type is Unit"},
    {"ingress-path",
     "module a { data P { id [Int] } verb v(HttpRequest<Unit, P, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{id}\n}",
     "ingress-path 2:1", "a single value"},
    {"ingress-path",
     "module a { enum T { A Int } verb v(HttpRequest<Unit, T, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{id}\n}",
     "ingress-path 2:1", "a single value"},
    {"ingress-path",
     "module a { verb v(HttpRequest<Unit, {Int: String}, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{id}\n}",
     "ingress-path 2:1", "keys of String"},
    {"ingress-path",
     "module a { enum C: String { A = \"a\" } data P { id C n Int +alias json \"number\" } "
     "verb v(HttpRequest<Unit, P, Unit>) HttpResponse<Int, Int>\n+ingress GET /a/{id}/{number}\n"
     "verb w(HttpRequest<Unit, {String: Int}, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /b/{x}/{y}\n"
     "verb x(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n+ingress GET /c/{x}\n}",
     ""},

    {"ingress-body",
     "module a { verb v(HttpRequest<Int, Unit, Unit>) HttpResponse<Int, Int> +ingress GET /a }",
     "ingress-body 1:31", "it must be Unit, not Int"},
    {"ingress-body",
     "module a { verb v(HttpRequest<Any, Unit, Unit>) HttpResponse<Int, Int> +ingress HEAD /a\n"
     "verb w(HttpRequest<[Int], Unit, Unit>) HttpResponse<Int, Int> +ingress DELETE /a\n"
     "verb x(HttpRequest<Unit?, Unit, Unit>) HttpResponse<Int, Int> +ingress OPTIONS /a }",
     "ingress-body 1:31, ingress-body 2:20"},
    {"ingress-body",
     "module a { typealias None Unit\n"
     "verb v(HttpRequest<None, Unit, Unit>) HttpResponse<Int, Int> +ingress GET /a\n"
     "verb w(HttpRequest<Int, Unit, Unit>) HttpResponse<Int, Int> +ingress PUT /a\n"
     "verb x(HttpRequest<Any, Unit, Unit>) HttpResponse<Int, Int> +ingress PATCH /a }",
     ""},

    {"ingress-query",
     "module a { verb v(HttpRequest<Unit, Unit, Int>) HttpResponse<Int, Int> +ingress GET /a }",
     "ingress-query 1:43", "a query is Unit, a map of strings"},
    {"ingress-query",
     "module a { data N { d D } data D { x Int } "
     "verb v(HttpRequest<Unit, Unit, N>) HttpResponse<Int, Int> +ingress GET /a\n"
     "verb w(HttpRequest<Unit, Unit, {String: Int}>) HttpResponse<Int, Int> +ingress GET /b }",
     "ingress-query 1:75, ingress-query 2:32"},
    {"ingress-query",
     "module a { data Q { a String? b [Int] c [Time]? } "
     "verb v(HttpRequest<Unit, Unit, Q>) HttpResponse<Int, Int> +ingress GET /a\n"
     "verb w(HttpRequest<Unit, Unit, {String: [String]}>) HttpResponse<Int, Int> +ingress GET "
     "/b\n"
     "verb x(HttpRequest<Unit, Unit, {String: String}>) HttpResponse<Int, Int> +ingress GET /c }",
     ""},

    {"ingress-overlap",
     "module a { verb v(HttpRequest<Unit, {String: String}, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a/{x}\n}\nmodule b {\n"
     "verb w(HttpRequest<Unit, {String: String}, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{y}/b\n}",
     "ingress-overlap 6:1", "GET /a/{x} of a.v can match one request"},
    {"ingress-overlap",
     "module a { verb v(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{x}\nverb w(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /{y}\n}",
     "ingress-overlap 4:1"},
    {"ingress-overlap",
     "module a { verb v(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a/{x}\nverb w(HttpRequest<Unit, Unit, Unit>) HttpResponse<Int, Int>\n"
     "+ingress GET /a/b\nverb x(HttpRequest<Unit, Int, Unit>) HttpResponse<Int, Int>\n"
     "+ingress DELETE /a/{x}\n}",
     ""},
};

}  // namespace

std::span<const RuleCase> ingress_cases() { return cases; }

}  // namespace millrace::schema
