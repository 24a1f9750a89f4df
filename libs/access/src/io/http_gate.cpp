#include "access/io/http_gate.hpp"

#include <openssl/evp.h>

#include <cctype>
#include <vector>

namespace millrace::access {

namespace {

constexpr std::size_t basic_bytes_max = jwt_bytes_max / 3 * 4 + 1'024;  // a name and a token

bool has_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != scheme[i]) return false;
  return true;
}

// The password of "user:password" in base64; the user's name says nothing here.
std::string password_of(std::string_view base64) {
  if (base64.size() > basic_bytes_max || base64.size() % 4 != 0) return {};
  std::vector<unsigned char> bytes(base64.size() / 4 * 3 + 1);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                      static_cast<int>(base64.size()));
  if (size < 0) return {};
  std::string text(bytes.begin(), bytes.begin() + size);
  for (const std::string_view padding : {"=", "=="})
    if (base64.ends_with(padding) && !text.empty()) text.pop_back();
  const std::size_t colon = text.find(':');
  return colon == std::string::npos ? std::string() : text.substr(colon + 1);
}

}  // namespace

Arrival arrival_of(const httpkit::Request& request, const std::string& resource) {
  Arrival arrival;
  arrival.method = resource;
  arrival.from = request.peer;
  arrival.identities = request.peer_names;
  const auto sent = httpkit::find_header(request.headers, "authorization");
  if (!sent) return arrival;
  constexpr std::string_view basic = "basic ";
  arrival.authorization = has_scheme(*sent, basic)
                              ? "Bearer " + password_of(sent->substr(basic.size()))
                              : std::string(*sent);
  return arrival;
}

httpkit::Response refusal(const statekit::Error& error) {
  const bool nobody = error.code == statekit::Code::unauthenticated;
  const bool slowed = error.code == statekit::Code::resource_exhausted;
  httpkit::Response response = httpkit::problem(slowed ? 429 : (nobody ? 401 : 403), error.message);
  if (slowed) response.headers.push_back({"retry-after", std::to_string(retry_after_s_max)});
  if (nobody) {
    response.headers.push_back({"www-authenticate", "Basic realm=\"millrace\", charset=\"UTF-8\""});
    response.headers.push_back({"www-authenticate", "Bearer"});
  }
  response.headers.push_back({"cache-control", "no-store"});
  return response;
}

}  // namespace millrace::access
