#include "services/console/guard.hpp"

#include <algorithm>

namespace millrace::console {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_port(std::string_view text) { return text.size() <= 5 && all_of(text, "0123456789"); }

bool is_ipv4(std::string_view host) {
  return all_of(host, "0123456789.") && std::count(host.begin(), host.end(), '.') == 3;
}

bool is_literal(std::string_view host) {
  return is_ipv4(host) || host.find(':') != std::string_view::npos;
}

bool is_known(const std::string& host, const GuardOptions& options) {
  if (host == "localhost" || is_loopback(host)) return true;
  if (!options.loopback && (is_literal(host) || host.find('.') == std::string::npos)) return true;
  return std::any_of(options.hosts.begin(), options.hosts.end(),
                     [&](const std::string& known) { return lower(known) == host; });
}

std::size_t count_of(const httpkit::Request& request, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      request.headers.begin(), request.headers.end(),
      [&](const httpkit::Header& header) { return httpkit::same_name(header.name, name); }));
}

// A browser says where a request comes from; what is no browser says nothing.
bool from_elsewhere(const httpkit::Request& request, std::string_view host) {
  const auto site = httpkit::find_header(request.headers, "sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return true;
  const auto origin = httpkit::find_header(request.headers, "origin");
  if (!origin) return false;
  const std::size_t scheme = origin->find("://");
  return scheme == std::string_view::npos || lower(origin->substr(scheme + 3)) != lower(host);
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "::1" || (is_ipv4(host) && host.starts_with("127."));
}

std::optional<std::string> host_name(std::string_view header) {
  if (header.starts_with('[')) {
    const std::size_t end = header.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = header.substr(end + 1);
    if (!rest.empty() && !(rest[0] == ':' && is_port(rest.substr(1)))) return std::nullopt;
    return lower(header.substr(1, end - 1));
  }
  const std::size_t colon = header.find(':');
  const std::string_view name = header.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(header.substr(colon + 1))) return std::nullopt;
  const std::string host = lower(name);
  if (!all_of(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_")) return std::nullopt;
  return host;
}

std::optional<Refusal> refuse(const httpkit::Request& request, const GuardOptions& options) {
  if (request.method != "GET" && request.method != "HEAD")
    return Refusal{405, "the console answers GET and HEAD only"};
  if (count_of(request, "host") != 1)
    return Refusal{400, "a request names its host exactly once, in the header Host"};
  const std::string_view header = *httpkit::find_header(request.headers, "host");
  const auto host = host_name(header);
  if (!host) return Refusal{400, "the header Host is not a name or address with an optional port"};
  if (!is_known(*host, options))
    return Refusal{421, "this console is not known as " + *host +
                            ": add the name to console.hosts, or use http://127.0.0.1"};
  if (request.path.starts_with("/api/") && from_elsewhere(request, header))
    return Refusal{403, "the console's data is for its own page only, not for other sites"};
  return std::nullopt;
}

}  // namespace millrace::console
