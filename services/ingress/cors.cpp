#include "services/ingress/cors.hpp"

#include <algorithm>

namespace millrace::ingress {
namespace {

using httpkit::find_header;
using httpkit::Request;
using httpkit::Response;

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What Access-Control-Allow-Origin says; empty: this origin may not.
std::string allowed_origin(const CorsSettings& cors, const Request& request) {
  const auto origin = find_header(request.headers, "origin");
  if (!origin) return {};
  const auto named = [&](std::string_view wanted) {
    return std::find(cors.origins.begin(), cors.origins.end(), wanted) != cors.origins.end();
  };
  if (named(*origin)) return std::string(*origin);
  return named("*") ? "*" : "";
}

void add(Response& response, const std::string& name, const std::string& value) {
  response.headers.push_back({name, value});
}

// The answer depends on who asks, so a cache must keep them apart.
bool add_origin(const CorsSettings& cors, const Request& request, Response& response) {
  if (cors.origins.empty()) return false;
  add(response, "vary", "origin");
  const std::string origin = allowed_origin(cors, request);
  if (origin.empty()) return false;
  add(response, "access-control-allow-origin", origin);
  if (cors.credentials && origin != "*") add(response, "access-control-allow-credentials", "true");
  return true;
}

}  // namespace

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && find_header(request.headers, "origin") &&
         find_header(request.headers, "access-control-request-method");
}

Response answer_preflight(const CorsSettings& cors, const Request& request,
                          const std::vector<std::string>& methods) {
  Response response{204, {}, {}};
  if (!add_origin(cors, request, response)) return response;
  add(response, "access-control-allow-methods", join(methods));
  const auto asked = find_header(request.headers, "access-control-request-headers");
  if (!cors.headers.empty()) {
    add(response, "access-control-allow-headers", join(cors.headers));
  } else if (asked) {
    add(response, "access-control-allow-headers", std::string(*asked));
  }
  add(response, "access-control-max-age", std::to_string(cors.max_age_ms / 1000));
  return response;
}

void allow_reading(const CorsSettings& cors, const Request& request, Response& response) {
  if (!add_origin(cors, request, response)) return;
  add(response, "access-control-expose-headers", "millrace-request-id, x-request-id");
}

}  // namespace millrace::ingress
