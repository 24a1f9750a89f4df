// Http2Scanner: reads the frame headers of what one HTTP/2 client sends, as RFC 9113 lays them out,
// and says when the client goes past a limit. It keeps a few counters, never bytes, and leaves
// everything else to the library that serves the connection. Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "statekit/allowance.hpp"
#include "statekit/clock.hpp"

namespace millrace::statekit {

// What one connection may send. A burst is let through at once, then so many each second.
struct Http2Limits {
  // Headers of one call, compressed, with all frames that continue them. gRPC's library takes 8 KiB
  // of metadata in one frame; nobody honest needs a second continuation.
  std::int64_t header_block_bytes_max = 32 << 10;
  std::int64_t continuations_max = 4;
  // Calls that are opened and given up (RST_STREAM): "rapid reset".
  std::int64_t resets_burst_max = 10'000;
  std::int64_t resets_per_second_max = 1'000;
  // Frames that carry nothing: PING, SETTINGS, PRIORITY, empty DATA, unknown kinds.
  std::int64_t idle_frames_burst_max = 10'000;
  std::int64_t idle_frames_per_second_max = 1'000;
};

class Http2Scanner {
 public:
  explicit Http2Scanner(const Http2Limits& limits);

  // The next bytes of the client. Empty: go on. Otherwise why the connection must end; from then on
  // always the same answer.
  std::string_view scan(std::string_view bytes, MonoMs now);

  // Not HTTP/2 in clear (the preface is another): it is not scanned.
  bool foreign() const { return foreign_; }

 private:
  struct Frame {
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
  };
  void read_preface(std::string_view& bytes);
  bool read_frame_header(std::string_view& bytes);
  std::string_view judge(const Frame& frame, MonoMs now);
  std::string_view judge_headers(const Frame& frame);

  Http2Limits limits_;
  Allowance resets_;
  Allowance idle_frames_;
  std::string_view ended_;
  bool foreign_ = false;
  std::uint32_t preface_read_ = 0;
  std::uint8_t header_[9] = {};
  std::uint32_t header_read_ = 0;
  std::uint32_t payload_left_ = 0;
  std::int64_t block_bytes_ = 0;
  std::int64_t continuations_ = 0;
};

}  // namespace millrace::statekit
