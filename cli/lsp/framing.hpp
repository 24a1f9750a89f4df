// Messages in a stream of octets, as the Language Server Protocol frames them: header lines, an
// empty line, that many octets of JSON. Pure; used by one thread. Whatever comes in, it holds at
// most one header and one message, and finds the next header after what makes no sense.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::cli::lsp {

inline constexpr std::size_t header_bytes_max = 4'096;       // of one message's header
inline constexpr std::size_t message_bytes_max = 8'388'608;  // of one message

struct FramingFault {
  std::string message;
};
using Frame = std::variant<std::string, FramingFault>;  // a message, or why there is none

class Framing {
 public:
  // The messages and faults that are complete now, in order.
  std::vector<Frame> feed(std::string_view octets);
  // Octets held for a message that is not complete.
  std::size_t held() const { return held_.size(); }

 private:
  bool step(std::vector<Frame>& out);
  bool header(std::vector<Frame>& out);
  void resync(std::vector<Frame>& out, std::size_t dropped, std::string message);

  std::string held_;
  std::size_t wanted_ = 0;   // of the message's body; meaningful while `in_body_`
  std::size_t skipped_ = 0;  // still to be thrown away
  bool in_body_ = false;
  bool lost_ = false;  // looking for the next header
};

std::string framed(std::string_view message);

}  // namespace millrace::cli::lsp
