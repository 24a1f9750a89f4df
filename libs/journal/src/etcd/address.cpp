#include <algorithm>
#include <charconv>

#include "journal/etcd.hpp"

#include "../rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::size_t endpoints_max = 16;
constexpr std::size_t workspace_bytes_max = 64;

tl::unexpected<Error> wrong(const std::string& url, const std::string& why) {
  return wrong_address(url, why, "etcd://HOST:PORT,HOST:PORT/WORKSPACE");
}

bool is_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  int port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc() && stop == end && port > 0 && port < 65536 &&
         text.find_first_of(" \t@?#") == std::string::npos;
}

bool is_workspace(const std::string& text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= workspace_bytes_max &&
         std::all_of(text.begin(), text.end(), good);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(at, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

// Empty when it was taken, else what is wrong with it.
std::string take_option(const std::string& name, const std::string& value, EtcdAddress& address) {
  if (name == "user") return address.user = value, "";
  if (name == "password-file") return address.password_file = value, "";
  if (name == "ca") return address.tls = true, address.ca_file = value, "";
  if (name == "cert") return address.tls = true, address.cert_file = value, "";
  if (name == "key") return address.tls = true, address.key_file = value, "";
  if (name == "tls" && value == "on") return address.tls = true, "";
  if (name == "tls") return "tls is 'on' or left out";
  if (name == "password")
    return "a password does not belong in an address, which others can see: use password-file=FILE";
  if (name == "quota") {
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, address.quota_bytes);
    if (error == std::errc() && stop == end && address.quota_bytes > 0) return "";
    return "quota is a number of bytes, as given to etcd's --quota-backend-bytes";
  }
  return "there is no option '" + name + "', only user, password-file, tls, ca, cert, key, quota";
}

std::string take_options(const std::string& query, EtcdAddress& address) {
  for (const std::string& each : split(query, '&')) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) return "'" + each + "' has no value";
    std::string fault = take_option(each.substr(0, equals), each.substr(equals + 1), address);
    if (!fault.empty()) return fault;
  }
  if (address.user.empty() != address.password_file.empty())
    return "user and password-file go together";
  if (address.cert_file.empty() != address.key_file.empty()) return "cert and key go together";
  return "";
}

}  // namespace

Result<EtcdAddress> parse_etcd_url(const std::string& url) {
  const std::string scheme = "etcd://";
  if (url.rfind(scheme, 0) != 0) return wrong(url, "it does not begin with etcd://");
  const std::size_t question = url.find('?');
  const std::string front = url.substr(
      scheme.size(), question == std::string::npos ? std::string::npos : question - scheme.size());
  const std::size_t slash = front.find('/');
  if (slash == std::string::npos) return wrong(url, "it names no workspace");
  EtcdAddress address;
  address.endpoints = split(front.substr(0, slash), ',');
  if (address.endpoints.size() > endpoints_max)
    return wrong(url, "it names more than " + std::to_string(endpoints_max) + " endpoints");
  for (const std::string& endpoint : address.endpoints)
    if (!is_endpoint(endpoint)) return wrong(url, "'" + endpoint + "' is not HOST:PORT");
  address.workspace = front.substr(slash + 1);
  if (!is_workspace(address.workspace))
    return wrong(url, "'" + address.workspace +
                          "' is not a workspace, which is 1 to 64 of letters, digits, - _ .");
  if (question != std::string::npos) {
    const std::string fault = take_options(url.substr(question + 1), address);
    if (!fault.empty()) return wrong(url, fault);
  }
  return address;
}

}  // namespace millrace::journal
