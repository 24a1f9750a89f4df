#include "tls/doors.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace millrace::tls {

using statekit::Code;
using statekit::fail;
using statekit::Result;

std::string_view name_of(Clients clients) {
  switch (clients) {
    case Clients::none: return "none";
    case Clients::request: return "request";
    case Clients::require: return "require";
  }
  return "none";
}

Result<Clients> parse_clients(std::string_view word) {
  for (const Clients each : {Clients::none, Clients::request, Clients::require}) {
    if (word == name_of(each)) return each;
  }
  return fail(Code::invalid_argument,
              "'" + std::string(word) + "' is none of none, request, require");
}

// A name that only begins like an address of this machine (127.0.0.1.example) leads elsewhere.
bool is_loopback(std::string_view listen) {
  const std::string_view host = listen.substr(0, listen.rfind(':'));
  const bool address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return (address && host.starts_with("127.")) || listen.starts_with("localhost:") ||
         listen.starts_with("[::1]:") || listen.starts_with("unix:");
}

bool leads_to_loopback(std::string_view target) {
  if (target.starts_with("unix-abstract:") || target.starts_with("unix:")) return true;
  for (const std::string_view scheme : {"dns:", "ipv4:", "ipv6:"})
    if (target.starts_with(scheme)) target.remove_prefix(scheme.size());
  if (target.starts_with("//"))
    target.remove_prefix(std::min(target.find('/', 2), target.size() - 1) + 1);
  std::string place(target);
  for (char& each : place) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return place == "localhost" || place == "[::1]" || is_loopback(place) || is_loopback(place + ":");
}

statekit::Status Doors::may_listen(const std::string& listen, const std::string& setting,
                                   Guests guests) const {
  const bool asked = asks || guests == Guests::everybody;
  if ((closed() && asked) || insecure || listen.empty() || is_loopback(listen)) return {};
  constexpr const char* use_tls =
      "set tls.certificate, tls.key and tls.ca (`millrace certs init` makes them)";
  constexpr const char* ask = "set auth.mode = \"required\" (docs/access.md)";
  std::string fault =
      (setting.empty() ? "" : setting + " = ") + listen + " can be reached from other machines, ";
  if (closed())
    fault += std::string("and nobody is asked who they are: ") + ask;
  else
    fault += std::string("in clear and by anybody: ") + use_tls + (asked ? "" : " and ") +
             (asked ? "" : ask);
  return fail(Code::failed_precondition,
              fault +
                  ", or listen on 127.0.0.1, or say insecure = true where the network itself is "
                  "closed");
}

Result<Doors> open_doors(const Files& files, Doors wanted) {
  if (files == Files{}) return wanted;
  auto credentials = Credentials::open(files);
  if (!credentials) return fail(credentials.error());
  wanted.credentials = std::move(*credentials);
  if (!wanted.closed() || wanted.credentials->has_ca()) return wanted;
  for (const auto& [clients, setting] : {std::pair{wanted.grpc_clients, "tls.client"},
                                         std::pair{wanted.http_clients, "tls.http_client"}}) {
    if (clients != Clients::none)
      return fail(Code::invalid_argument,
                  std::string(setting) + " is " + std::string(name_of(clients)) +
                      " and tls.ca is not set: name the file with the authorities whose "
                      "certificates clients show, or set " +
                      setting + " to none");
  }
  return wanted;
}

}  // namespace millrace::tls
