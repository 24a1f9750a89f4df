#include "schema/builtin.hpp"

#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "statekit/result.hpp"

namespace millrace::schema {

namespace {

constexpr std::string_view text = R"(
// What every module can use.
builtin module builtin {
  // The name of a declaration.
  export realm data Ref {
    module String
    name String
  }

  // An HTTP request, as an ingress verb receives it.
  export realm data HttpRequest<Body, Path, Query> {
    method String
    path String
    pathParameters Path
    query Query
    headers {String: [String]}
    body Body
  }

  // An HTTP response, as an ingress verb gives it: a body or an error.
  export realm data HttpResponse<Body, Error> {
    status Int
    headers {String: [String]}
    body Body?
    error Error?
  }

  export realm data Empty {
  }

  // What a catch verb receives when all retries have failed.
  export realm data CatchRequest<Req> {
    verb builtin.Ref
    requestType String
    request Req
    error String
  }

  // What goes to a dead letter topic.
  export realm data FailedEvent<Event> {
    event Event
    error String
  }
}
)";

Module build() {
  ParseResult parsed = parse(text, builtin_name);
  statekit::check(parsed.ok() && parsed.schema.modules.size() == 1, "the builtin module parses");
  Module module = std::move(parsed.schema.modules.front());
  resolve(module);
  return module;
}

}  // namespace

const Module& builtin_module() {
  static const Module module = build();
  return module;
}

}  // namespace millrace::schema
