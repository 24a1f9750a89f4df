#include "statekit/http2_scanner.hpp"

#include <algorithm>

namespace millrace::statekit {
namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::uint8_t end_stream = 0x1;

// RFC 9113, section 6. Every other kind carries nothing that we serve.
enum FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  rst_stream = 3,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};

}  // namespace

Http2Scanner::Http2Scanner(const Http2Limits& limits)
    : limits_(limits),
      resets_(limits.resets_burst_max, limits.resets_per_second_max),
      idle_frames_(limits.idle_frames_burst_max, limits.idle_frames_per_second_max) {}

std::string_view Http2Scanner::scan(std::string_view bytes, MonoMs now) {
  if (preface_read_ < preface.size()) read_preface(bytes);
  while (!bytes.empty() && !foreign_ && ended_.empty()) {
    const std::size_t passed = std::min<std::size_t>(payload_left_, bytes.size());
    bytes.remove_prefix(passed);
    payload_left_ -= static_cast<std::uint32_t>(passed);
    if (payload_left_ > 0 || !read_frame_header(bytes)) break;
    const Frame frame{static_cast<std::uint32_t>(header_[0] << 16 | header_[1] << 8 | header_[2]),
                      header_[3], header_[4]};
    payload_left_ = frame.length;
    ended_ = judge(frame, now);
  }
  return ended_;
}

void Http2Scanner::read_preface(std::string_view& bytes) {
  const std::string_view expected = preface.substr(preface_read_, bytes.size());
  foreign_ = bytes.substr(0, expected.size()) != expected;
  preface_read_ += static_cast<std::uint32_t>(expected.size());
  bytes.remove_prefix(expected.size());
}

bool Http2Scanner::read_frame_header(std::string_view& bytes) {
  const std::size_t wanted = std::min(sizeof(header_) - header_read_, bytes.size());
  std::copy_n(bytes.begin(), wanted, header_ + header_read_);
  bytes.remove_prefix(wanted);
  header_read_ += static_cast<std::uint32_t>(wanted);
  if (header_read_ < sizeof(header_)) return false;
  header_read_ = 0;
  return true;
}

std::string_view Http2Scanner::judge(const Frame& frame, MonoMs now) {
  switch (frame.type) {
    case headers:
    case continuation: return judge_headers(frame);
    case rst_stream:
      return resets_.take(now) ? std::string_view()
                               : "more calls were opened and given up than resets_per_second_max";
    case goaway:
    case window_update: return {};
    case data:
      if (frame.length > 0 || (frame.flags & end_stream) != 0) return {};
      [[fallthrough]];
    default:
      return idle_frames_.take(now)
                 ? std::string_view()
                 : "more frames that carry nothing than idle_frames_per_second_max";
  }
}

std::string_view Http2Scanner::judge_headers(const Frame& frame) {
  if (frame.type == headers) {
    block_bytes_ = 0;
    continuations_ = 0;
  } else if (++continuations_ > limits_.continuations_max) {
    return "headers in more frames than continuations_max";
  }
  block_bytes_ += frame.length;
  if (block_bytes_ > limits_.header_block_bytes_max)
    return "headers longer than header_block_bytes_max";
  return {};
}

}  // namespace millrace::statekit
