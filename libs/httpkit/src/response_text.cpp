#include "response_text.hpp"

#include <array>
#include <cstdio>

namespace millrace::httpkit {
namespace {

// What the server says itself, whatever the handler thinks.
bool is_ours(std::string_view name) {
  for (const std::string_view ours :
       {"content-length", "connection", "keep-alive", "transfer-encoding", "date", "upgrade"}) {
    if (same_name(name, ours)) return true;
  }
  return false;
}

}  // namespace

const std::string& date_text(std::time_t now) {
  thread_local std::time_t at = 0;
  thread_local std::string text;
  if (now != at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 40> line{};
    const std::size_t n =
        std::strftime(line.data(), line.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    text.assign(line.data(), n);
    at = now;
  }
  return text;
}

bool carries_body(int status, bool head) {
  return !head && status >= 200 && status != 204 && status != 304;
}

std::string head_text(const Response& response, const Framing& framing, std::string_view date) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_phrase(response.status);
  out += "\r\ndate: ";
  out += date;
  out += "\r\n";
  for (const Header& header : response.headers) {
    if (is_ours(header.name) || !is_token(header.name) || !is_field_value(header.value)) continue;
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  if (framing.chunked) {
    out += "transfer-encoding: chunked\r\n";
  } else if (!framing.until_close && carries_body(response.status, false)) {
    out += "content-length: " + std::to_string(response.body.size()) + "\r\n";
  }
  if (!framing.keep_alive) {
    out += "connection: close\r\n";
  } else if (framing.http_1_0) {
    out += "connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

std::string chunk_text(std::string_view octets) {
  if (octets.empty()) return {};
  std::array<char, 24> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", octets.size());
  std::string out = size.data();
  out += octets;
  out += "\r\n";
  return out;
}

}  // namespace millrace::httpkit
