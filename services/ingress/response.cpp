#include "services/ingress/response.hpp"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "services/ingress/base64.hpp"
#include "services/ingress/headers.hpp"

namespace millrace::ingress {
namespace {

using httpkit::Response;

Problem garbage(const std::string& why, std::vector<Fault> faults = {}) {
  Problem problem{502, "the verb's answer is no valid HttpResponse: " + why};
  problem.faults = std::move(faults);
  problem.reason = "bad-answer";
  return problem;
}

struct Members {
  int status = 0;
  std::string_view headers = "{}";
  std::string_view body;   // empty: absent
  std::string_view error;  // likewise
};

// REQUIRES: canonical JSON of a builtin.HttpResponse.
Members members_of(std::string_view json) {
  Members out;
  const auto members = schema::json_members(json);
  if (!members) return out;
  for (const schema::JsonMember& member : *members) {
    if (member.key == "status") {
      std::from_chars(member.value.data(), member.value.data() + member.value.size(), out.status);
    } else if (member.key == "headers") {
      out.headers = member.value;
    } else if (member.value != "null") {
      (member.key == "body" ? out.body : out.error) = member.value;
    }
  }
  return out;
}

// Canonical JSON of {String: [String]}.
HeaderMap read_headers(std::string_view json) {
  HeaderMap out;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return out;
  for (const auto& [name, values] : parsed.items()) {
    out[name] = values.get<std::vector<std::string>>();
  }
  return out;
}

struct Content {
  std::string type;
  std::string octets;
};

// `declared`: the verb's own content type, empty where it gave none.
std::optional<Content> content_of(std::string_view json, BodyKind kind, std::string_view declared) {
  // A verb that answers anything and says that it is no JSON means the text itself.
  const bool as_text = kind == BodyKind::any && !declared.empty() && !is_json(media_type(declared));
  if (as_text && json.front() == '"') kind = BodyKind::text;
  switch (kind) {
    case BodyKind::none: return Content{};
    case BodyKind::text:
    case BodyKind::bytes: {
      auto text = schema::from_json_string(json);
      if (!text) return std::nullopt;
      if (kind == BodyKind::text) return Content{"text/plain; charset=utf-8", *std::move(text)};
      auto octets = from_base64(*text);
      if (!octets) return std::nullopt;
      return Content{"application/octet-stream", *std::move(octets)};
    }
    case BodyKind::any:
    case BodyKind::json: break;
  }
  return Content{"application/json", std::string(json)};
}

}  // namespace

std::variant<Response, Problem> to_http_response(std::string_view body, const VerbTypes& types) {
  auto canonical =
      types.response.canonicalize(body, {.with_aliases = true, .lenient = types.lenient});
  if (!canonical) return garbage("it does not fit its type", std::move(canonical.error()));
  const Members members = members_of(*canonical);
  if (members.status < 200 || members.status > 599) {
    return garbage("its status is " + std::to_string(members.status) + ", not 200 to 599");
  }
  auto headers = headers_for_client(read_headers(members.headers));
  if (!headers) return garbage(headers.error().message);
  Response response{members.status, *std::move(headers), {}};
  const bool is_error = members.body.empty() && !members.error.empty();
  const std::string_view value = is_error ? members.error : members.body;
  if (value.empty()) return response;
  const auto declared = httpkit::find_header(response.headers, "content-type");
  auto content = content_of(value, is_error ? types.error_kind : types.answer_kind,
                            std::string(declared.value_or("")));
  if (!content) return garbage("its body cannot be read");
  response.body = std::move(content->octets);
  if (!content->type.empty() && !declared) {
    response.headers.push_back({"content-type", std::move(content->type)});
  }
  return response;
}

}  // namespace millrace::ingress
