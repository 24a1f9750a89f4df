// A client that sends exactly the octets it is told to, when it is told to: what a test needs to
// be a bad one. Blocking; every wait ends after ten seconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::httpkit {

class RawClient {
 public:
  // host:port; `from`: the address of this machine that it comes from, such as 127.0.0.2.
  explicit RawClient(const std::string& address, int receive_buffer = 0,
                     const std::string& from = {});
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  void send(std::string_view octets);
  // Sends what fits without waiting; the number of octets.
  std::size_t send_some(std::string_view octets);
  void end_sending();  // a half-close
  void reset();        // closes with a RST

  // Reads until `text` has arrived or the server closed; all that was read since the last call, up
  // to the end of `text`.
  std::string read_until(std::string_view text);
  std::string read_to_end();  // until the server closes
  // One answer: its head and, by its Content-Length, its body.
  std::string read_answer(bool head_only = false);
  bool closed() const { return closed_; }

 private:
  bool fill();

  int fd_ = -1;
  std::string in_;
  bool closed_ = false;
};

// The status code of an answer; 0 when it is none.
int status_of(std::string_view answer);
std::string body_of(std::string_view answer);
std::string header_of(const std::string& answer, const std::string& name);  // lower case

}  // namespace millrace::httpkit
