#include "raw_client.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::httpkit {

RawClient::RawClient(const std::string& address, int receive_buffer, const std::string& from) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in ours{};
  ours.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &ours.sin_addr);
  if (!from.empty() && ::bind(fd_, reinterpret_cast<sockaddr*>(&ours), sizeof ours) != 0) {
    throw std::runtime_error("cannot come from " + from);
  }
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    throw std::runtime_error("cannot connect to " + address);
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

void RawClient::send(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t n = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // what the server says then is what the test looks at
    octets.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::size_t RawClient::send_some(std::string_view octets) {
  const ssize_t n = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

void RawClient::end_sending() { ::shutdown(fd_, SHUT_WR); }

void RawClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd_);
  fd_ = -1;
}

bool RawClient::fill() {
  if (closed_) return false;
  pollfd waited{fd_, POLLIN, 0};
  if (::poll(&waited, 1, 60'000) <= 0) throw std::runtime_error("nothing arrived in 60 s: " + in_);
  std::array<char, 65536> block{};
  const ssize_t n = ::recv(fd_, block.data(), block.size(), 0);
  if (n > 0) in_.append(block.data(), static_cast<std::size_t>(n));
  closed_ = n <= 0;
  return !closed_;
}

std::string RawClient::read_until(std::string_view text) {
  std::size_t at = in_.find(text);
  while (at == std::string::npos && fill()) at = in_.find(text);
  const std::size_t end = at == std::string::npos ? in_.size() : at + text.size();
  std::string out = in_.substr(0, end);
  in_.erase(0, end);
  return out;
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::move(in_);
}

std::string RawClient::read_answer(bool head_only) {
  std::string answer = read_until("\r\n\r\n");
  const std::string length = header_of(answer, "content-length");
  if (head_only || length.empty()) return answer;
  const std::size_t wanted = std::stoul(length);
  while (in_.size() < wanted && fill()) {
  }
  answer += in_.substr(0, wanted);
  in_.erase(0, std::min(wanted, in_.size()));
  return answer;
}

int status_of(std::string_view answer) {
  if (answer.size() < 12 || answer.substr(0, 9) != "HTTP/1.1 ") return 0;
  return std::atoi(std::string(answer.substr(9, 3)).c_str());
}

std::string body_of(std::string_view answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string_view::npos ? std::string() : std::string(answer.substr(at + 4));
}

std::string header_of(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

}  // namespace millrace::httpkit
