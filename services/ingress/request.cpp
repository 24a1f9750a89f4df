#include "services/ingress/request.hpp"

#include <algorithm>
#include <utility>

#include "services/ingress/base64.hpp"
#include "services/ingress/headers.hpp"

namespace millrace::ingress {
namespace {

using httpkit::find_header;
using httpkit::Request;
using schema::json_string;
using schema::JsonOptions;
using schema::JsonResult;

constexpr std::size_t segments_max = 128;

std::string content_type_of(const Request& request) {
  return std::string(find_header(request.headers, "content-type").value_or(""));
}

// Why a body cannot be read at all, whatever its type says.
std::optional<Problem> unreadable(const Request& request, BodyKind kind) {
  if (request.body.empty()) return std::nullopt;
  const auto coding = find_header(request.headers, "content-encoding");
  if (coding && !httpkit::same_name(*coding, "identity")) {
    return Problem{415, "a body with Content-Encoding " + std::string(*coding) +
                            " is not understood; send it as it is"};
  }
  if (kind == BodyKind::bytes || kind == BodyKind::none) return std::nullopt;
  const std::string type = content_type_of(request);
  const std::string charset = charset_of(type);
  if (!charset.empty() && charset != "utf-8" && charset != "utf8" && charset != "us-ascii") {
    return Problem{415, "the body must be UTF-8, not " + charset};
  }
  if (kind == BodyKind::json && !type.empty() && !is_json(media_type(type))) {
    return Problem{415, "the body must be application/json, not " + media_type(type)};
  }
  return std::nullopt;
}

JsonResult read_text(std::string_view body) {
  if (httpkit::is_utf8(body)) return json_string(body);
  return tl::unexpected(std::vector<Fault>{{"/body", "utf8", "the body is no UTF-8"}});
}

JsonResult read_body(const Request& request, const VerbTypes& types) {
  const JsonOptions options{.lenient = types.lenient, .pointer_prefix = "/body"};
  switch (types.body_kind) {
    case BodyKind::text: return read_text(request.body);
    case BodyKind::bytes: return json_string(to_base64(request.body));
    case BodyKind::any: {
      const std::string type = content_type_of(request);
      if (!type.empty() && !is_json(media_type(type))) return read_text(request.body);
      return types.body.canonicalize(request.body, options);
    }
    case BodyKind::none:
    case BodyKind::json: break;
  }
  return types.body.canonicalize(request.body, options);
}

JsonResult read_query(const Request& request, const VerbTypes& types) {
  const auto pairs = httpkit::parse_query(request.query);
  if (!pairs) {
    return tl::unexpected(std::vector<Fault>{
        {"/query", "syntax", "the query is not percent-encoded UTF-8: name=value&name=value"}});
  }
  return types.query.from_parameters(*pairs,
                                     {.lenient = types.lenient, .pointer_prefix = "/query"});
}

JsonResult read_path(const Match& match, const VerbTypes& types) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < match.values.size(); ++i) {
    pairs.emplace_back(match.target->parameters[i], match.values[i]);
  }
  return types.path.from_parameters(pairs, {.pointer_prefix = "/pathParameters"});
}

std::string headers_json(const std::vector<Header>& headers) {
  std::string out = "{";
  for (const auto& [name, values] : headers_for_verb(headers)) {
    if (out.size() > 1) out += ',';
    out += json_string(name) + ":[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      out += (i == 0 ? "" : ",") + json_string(values[i]);
    }
    out += ']';
  }
  return out + '}';
}

std::string decoded_path(const Request& request) {
  std::string out;
  for (const std::string& segment :
       path_segments(request.path).value_or(std::vector<std::string>{})) {
    out += '/' + segment;
  }
  return out.empty() ? "/" : out;
}

}  // namespace

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (path.empty() || path.front() != '/') return std::nullopt;
  if (path == "/") return segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = httpkit::percent_decode(path.substr(0, end));
    if (!segment || *segment == "." || *segment == "..") return std::nullopt;
    if (segments.size() == segments_max) return std::nullopt;
    segments.push_back(*std::move(segment));
    path.remove_prefix(end);
  }
  return segments;
}

std::variant<std::string, Problem> to_verb_request(const Request& request, const Match& match,
                                                   const VerbTypes& types) {
  if (auto problem = unreadable(request, types.body_kind)) return *std::move(problem);
  std::vector<Fault> faults;
  const auto take = [&](JsonResult result) {
    if (result) return *std::move(result);
    for (Fault& fault : result.error()) faults.push_back(std::move(fault));
    return std::string();
  };
  std::string out = "{\"method\":" + json_string(request.method) +
                    ",\"path\":" + json_string(decoded_path(request)) +
                    ",\"pathParameters\":" + take(read_path(match, types));
  out += ",\"query\":" + take(read_query(request, types));
  out += ",\"headers\":" + headers_json(request.headers);
  const bool absent = types.body_optional && request.body.empty();
  if (!absent) out += ",\"body\":" + take(read_body(request, types));
  if (!faults.empty()) {
    Problem problem{400, "the request does not fit what " + match.target->module + "." +
                             match.target->verb + " takes"};
    problem.faults = std::move(faults);
    return problem;
  }
  return out + '}';
}

}  // namespace millrace::ingress
