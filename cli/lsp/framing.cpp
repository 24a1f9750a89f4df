#include "cli/lsp/framing.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace millrace::cli::lsp {

namespace {

constexpr std::string_view length_name = "content-length:";
constexpr std::string_view header_end = "\r\n\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

// The length that a header gives; nullopt: none, or more than one.
std::optional<std::size_t> length_of(std::string_view header) {
  std::optional<std::size_t> length;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    if (line.find(':') == std::string_view::npos) return std::nullopt;
    if (!lower(line).starts_with(length_name)) continue;
    line.remove_prefix(length_name.size());
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    std::size_t number = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
    const bool whole = !line.empty() && read.ptr == line.data() + line.size();
    if (length || !whole || read.ec != std::errc()) return std::nullopt;
    length = number;
  }
  return length;
}

}  // namespace

std::vector<Frame> Framing::feed(std::string_view octets) {
  std::vector<Frame> out;
  while (!octets.empty()) {
    if (skipped_ > 0) {
      const std::size_t count = std::min(skipped_, octets.size());
      skipped_ -= count;
      octets.remove_prefix(count);
      continue;
    }
    // Never more at a time than one header or what the body lacks.
    const std::size_t room = in_body_ ? wanted_ - held_.size() : header_bytes_max;
    const std::size_t count = std::min(room, octets.size());
    held_ += octets.substr(0, count);
    octets.remove_prefix(count);
    while (step(out)) {
    }
  }
  return out;
}

bool Framing::step(std::vector<Frame>& out) {
  if (!in_body_) return header(out);
  if (held_.size() < wanted_) return false;
  out.emplace_back(held_.substr(0, wanted_));
  held_.erase(0, wanted_);
  in_body_ = false;
  return !held_.empty();
}

bool Framing::header(std::vector<Frame>& out) {
  if (lost_) {
    const std::size_t at = lower(held_).find(length_name);
    if (at == std::string::npos) {
      // The name of the next header may have begun at the end.
      held_.erase(0, held_.size() - std::min(held_.size(), length_name.size() - 1));
      return false;
    }
    held_.erase(0, at);
    lost_ = false;
  }
  const std::size_t end = held_.find(header_end);
  if (end == std::string::npos || end > header_bytes_max) {
    if (held_.size() <= header_bytes_max) return false;
    resync(out, 1, "a header of more than " + std::to_string(header_bytes_max) + " octets");
    return !held_.empty();
  }
  const auto length = length_of(std::string_view(held_).substr(0, end));
  if (!length) {
    // Garbage may stand right before a sound header; one with two lengths has no sound part.
    const std::string text = lower(std::string_view(held_).substr(0, end));
    const std::size_t first = text.find(length_name);
    const bool glued = first != 0 && first != text.npos && first == text.rfind(length_name);
    resync(out, glued ? first : end + header_end.size(), "a header without one Content-Length");
    return !held_.empty();
  }
  held_.erase(0, end + header_end.size());
  if (*length > message_bytes_max) {
    out.emplace_back(FramingFault{"a message of more than " + std::to_string(message_bytes_max) +
                                  " octets, which is left out"});
    skipped_ = *length - std::min(*length, held_.size());
    held_.erase(0, std::min(*length, held_.size()));
    return !held_.empty();
  }
  in_body_ = true;
  wanted_ = *length;
  return held_.size() >= wanted_;
}

void Framing::resync(std::vector<Frame>& out, std::size_t dropped, std::string message) {
  out.emplace_back(FramingFault{std::move(message)});
  held_.erase(0, dropped);
  lost_ = true;
}

std::string framed(std::string_view message) {
  return "Content-Length: " + std::to_string(message.size()) + "\r\n\r\n" + std::string(message);
}

}  // namespace millrace::cli::lsp
