// HTTP/2 frames as a bad client would send them, octet by octet (RFC 9113, RFC 7541).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::test {

inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class Http2 : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  ping = 6,
  window_update = 8,
  continuation = 9,
};
inline constexpr int end_stream = 1;
inline constexpr int end_headers = 4;

inline std::string frame(Http2 type, int flags, std::uint32_t stream, std::string_view payload) {
  const auto byte = [](std::size_t value, int shift) {
    return static_cast<char>(value >> shift & 0xff);
  };
  std::string out{byte(payload.size(), 16), byte(payload.size(), 8), byte(payload.size(), 0),
                  static_cast<char>(type), static_cast<char>(flags)};
  for (const int shift : {24, 16, 8, 0}) out += byte(stream, shift);
  return out.append(payload);
}

// POST http `path`, and one header that later blocks may name by the octet 0xbe.
inline std::string request_headers(std::string_view path) {
  const auto text = [](std::string_view value) {
    return static_cast<char>(value.size()) + std::string(value);
  };
  return "\x83\x86\x04" + text(path) + "\x01" + text("localhost") + "\x0f\x10" +
         text("application/grpc") + "\x40" + text("x") + text("y");
}

inline std::string opening() {
  return std::string(http2_preface) + frame(Http2::settings, 0, 0, "");
}

}  // namespace millrace::test
