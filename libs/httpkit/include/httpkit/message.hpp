// An HTTP message as the services see it: plain values, whatever library moves them. RFC 9110. Pure
// functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::httpkit {

struct Header {
  std::string name;  // as sent; compare without case
  std::string value;
  bool operator==(const Header&) const = default;
};

struct Request {
  std::string method;  // as sent; methods have upper and lower case
  std::string target;  // as sent: path and query
  std::string path;    // the path part, still percent-encoded
  std::string query;   // after '?', still percent-encoded
  std::vector<Header> headers;
  std::string body;
  std::string peer;  // the other end's address
  // Whose certificate was verified: its URIs, its DNS names, then its common name. Empty: in clear,
  // or no certificate. The same list as grpc::AuthContext has.
  std::vector<std::string> peer_names;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  // Content-Length and Connection are the server's business
  std::string body;
};

// ASCII only, as header names are.
bool same_name(std::string_view a, std::string_view b);

// The first header of that name, without regard to case; nullopt when there is none.
std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name);

// %41 -> A; '+' stays. nullopt when malformed or when the result is no UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

// "a=1&b=x%20y" -> pairs in order, '+' read as a space. nullopt when malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

// "Not Found" for 404; "Status" for a number without a name.
std::string_view reason_phrase(int status);

// A token of RFC 9110, such as a method or a header name.
bool is_token(std::string_view text);

// Text that may stand as a header's value: visible octets, spaces and tabs; no line ends.
bool is_field_value(std::string_view text);

bool is_utf8(std::string_view text);

// application/problem+json (RFC 9457) with title, status and detail.
Response problem(int status, std::string_view detail);

}  // namespace millrace::httpkit
