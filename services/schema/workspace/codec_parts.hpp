// What both codecs of workspaces share: formats, headers, and snapshots cut into parts. For
// codec.cpp and codec_catalogue.cpp only.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "statekit/journal.hpp"
#include "statekit/state.hpp"

namespace millrace::workspace {

inline constexpr std::uint32_t format_written = 1;
inline constexpr std::uint32_t format_readable = 1;

template <class Message>
statekit::Result<Message> parsed(statekit::BytesView bytes, const char* what) {
  Message message;
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return statekit::fail(statekit::Code::data_loss,
                          std::string("damaged: these bytes are no ") + what);
  return message;
}

template <class Message>
statekit::Status check_format(const Message& message, const char* what) {
  using statekit::Code;
  if (message.format() == 0)
    return statekit::fail(Code::data_loss, std::string(what) + " without a format number");
  if (message.readable_from() > format_readable)
    return statekit::fail(Code::unimplemented,
                          std::string(what) + " in format " + std::to_string(message.format()) +
                              "; this binary reads format " + std::to_string(format_readable) +
                              ": upgrade it");
  return {};
}

template <class Message>
std::vector<statekit::Bytes> in_parts(const Message& message) {
  const statekit::Bytes whole = message.SerializeAsString();
  std::vector<statekit::Bytes> parts;
  for (std::size_t at = 0; at < whole.size(); at += statekit::snapshot_part_bytes_max)
    parts.push_back(whole.substr(at, statekit::snapshot_part_bytes_max));
  return parts;
}

template <class Message>
statekit::Result<Message> from_parts(const std::vector<statekit::Bytes>& parts, const char* what) {
  statekit::Bytes whole;
  for (const statekit::Bytes& part : parts) whole += part;
  auto message = parsed<Message>(whole, what);
  if (!message) return fail(std::move(message.error()));
  if (auto known = check_format(*message, what); !known) return fail(std::move(known.error()));
  return message;
}

}  // namespace millrace::workspace
