#include "services/ingress/headers.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "access/model.hpp"
#include "services/ingress/base64.hpp"

namespace millrace::ingress {
namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Of one hop only, or said by the server itself.
bool is_of_hop(std::string_view lower_name) {
  static const std::set<std::string_view> names{"connection",
                                                "content-length",
                                                "expect",
                                                "keep-alive",
                                                "proxy-authenticate",
                                                "proxy-authorization",
                                                "proxy-connection",
                                                "te",
                                                "trailer",
                                                "transfer-encoding",
                                                "upgrade"};
  return names.contains(lower_name);
}

bool is_platforms(std::string_view lower_name) {
  return lower_name.substr(0, 9) == "millrace-" || lower_name == name::common_request_id ||
         lower_name == name::traceparent;
}

// Connection names further headers of this hop.
std::set<std::string> named_by_connection(const std::vector<Header>& headers) {
  std::set<std::string> names;
  for (const Header& header : headers) {
    if (!httpkit::same_name(header.name, "connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      names.insert(lower(trim(rest.substr(0, end))));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return names;
}

bool has_scheme(std::string_view value, std::string_view scheme) {
  return value.size() > scheme.size() && httpkit::same_name(value.substr(0, scheme.size()), scheme);
}

// A token of Millrace's own, however it is shown: what opens its doors is no module's to see. Any
// other credential is between a module and its users.
bool is_token_of_platform(std::string_view name, std::string_view value) {
  if (name != "authorization") return false;
  if (has_scheme(value, "bearer ")) return !access::id_of_token(trim(value.substr(7))).empty();
  if (!has_scheme(value, "basic ")) return false;
  const auto pair = from_base64(trim(value.substr(6)));
  if (!pair) return false;
  const std::size_t colon = pair->find(':');
  return colon != std::string::npos &&
         !access::id_of_token(std::string_view(*pair).substr(colon + 1)).empty();
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | octet >> 6);
      out += static_cast<char>(0x80 | (octet & 0x3F));
    }
  }
  return out;
}

bool all_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

HeaderMap headers_for_verb(const std::vector<Header>& headers) {
  const std::set<std::string> of_this_hop = named_by_connection(headers);
  HeaderMap out;
  for (const Header& header : headers) {
    std::string name = lower(header.name);
    if (is_of_hop(name) || is_platforms(name) || of_this_hop.contains(name)) continue;
    if (is_token_of_platform(name, header.value)) continue;
    out[std::move(name)].push_back(httpkit::is_utf8(header.value) ? header.value
                                                                  : from_latin1(header.value));
  }
  return out;
}

Result<std::vector<Header>> headers_for_client(const HeaderMap& headers) {
  std::vector<Header> out;
  for (const auto& [given_name, values] : headers) {
    const std::string name = lower(given_name);
    if (!httpkit::is_token(name)) {
      return fail(Code::internal, "the answer has a header whose name is no name: " + given_name);
    }
    if (is_of_hop(name) || is_platforms(name) || name == "date") continue;
    for (const std::string& value : values) {
      if (!httpkit::is_field_value(value)) {
        return fail(Code::internal, "the answer's header " + name + " holds a control character");
      }
      out.push_back({name, value});
    }
  }
  return out;
}

std::optional<std::string> request_id_of(const std::vector<Header>& headers) {
  constexpr std::string_view others = "-._:~/+=";
  for (const std::string_view wanted : {name::request_id, name::common_request_id}) {
    const auto value = httpkit::find_header(headers, wanted);
    const bool fit = value && !value->empty() && value->size() <= 128 &&
                     std::all_of(value->begin(), value->end(), [&](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
                     });
    if (fit) return std::string(*value);
  }
  return std::nullopt;
}

// https://www.w3.org/TR/trace-context/#traceparent-header
std::optional<std::string> traceparent_of(const std::vector<Header>& headers) {
  const auto value = httpkit::find_header(headers, name::traceparent);
  if (!value || value->size() < 55) return std::nullopt;
  const std::string_view text = *value;
  const bool dashes = text[2] == '-' && text[35] == '-' && text[52] == '-';
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  if (!dashes || !all_hex(version) || !all_hex(trace) || !all_hex(parent) ||
      !all_hex(text.substr(53, 2))) {
    return std::nullopt;
  }
  if (version == "ff" || all_zero(trace) || all_zero(parent)) return std::nullopt;
  // Version 00 ends here; a later one may go on behind a dash.
  if (text.size() > 55 && (version == "00" || text[55] != '-')) return std::nullopt;
  return std::string(text.substr(0, 55));
}

std::string new_traceparent(const std::string& trace_id, const std::string& span_id) {
  return "00-" + trace_id + "-" + span_id + "-01";
}

Result<std::optional<MinRevision>> min_revision_of(const std::vector<Header>& headers) {
  const auto value = httpkit::find_header(headers, name::min_revision);
  if (!value) return std::optional<MinRevision>();
  const auto malformed = [] {
    return fail(Code::invalid_argument,
                "millrace-min-revision is not INCARNATION:REVISION, as a write answers it");
  };
  const std::size_t colon = value->find(':');
  if (colon == std::string_view::npos) return malformed();
  MinRevision wanted{std::string(value->substr(0, colon)), 0};
  if (wanted.incarnation.size() != 32 || !all_hex(wanted.incarnation)) return malformed();
  const std::string_view digits = value->substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), wanted.revision);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return malformed();
  }
  return std::optional<MinRevision>(std::move(wanted));
}

std::string media_type(std::string_view content_type) {
  return lower(trim(content_type.substr(0, content_type.find(';'))));
}

bool is_json(std::string_view media) {
  return media == "application/json" ||
         (media.size() > 5 && media.substr(media.size() - 5) == "+json");
}

std::string charset_of(std::string_view content_type) {
  const std::string text = lower(content_type);
  const std::size_t at = text.find("charset=");
  if (at == std::string::npos) return {};
  std::string_view value = std::string_view(text).substr(at + 8);
  value = trim(value.substr(0, value.find(';')));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

}  // namespace millrace::ingress
