// The pieces that the codec's files share: spots, comments, references, types, metadata. Private to
// this library.
#pragma once

#include <vector>

#include "schema/codec_pb.hpp"

namespace millrace::schema {

template <class Repeated>
std::vector<std::string> strings_from(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

// Spots and comments are left out where they are empty.
template <class Message>
void put_spot(Message& message, const Spot& spot) {
  if (spot.line == 0 && spot.column == 0) return;
  message.mutable_spot()->set_line(spot.line);
  message.mutable_spot()->set_column(spot.column);
}
template <class Message>
Spot spot_from(const Message& message) {
  return {message.spot().line(), message.spot().column()};
}

template <class Message>
void put_comments(Message& message, const Comments& comments) {
  if (comments.empty()) return;
  v2alpha1::Comments& out = *message.mutable_comments();
  for (const std::string& line : comments.before) out.add_before(line);
  out.set_after(comments.after);
  for (const std::string& line : comments.closing) out.add_closing(line);
  out.set_end(comments.end);
}
template <class Message>
Comments comments_from(const Message& message) {
  const v2alpha1::Comments& in = message.comments();
  return {strings_from(in.before()), in.after(), strings_from(in.closing()), in.end()};
}

using RepeatedMetadata = google::protobuf::RepeatedPtrField<v2alpha1::Metadata>;
void put_metadata(RepeatedMetadata& out, const std::vector<Metadata>& metadata);
statekit::Result<std::vector<Metadata>> metadata_from(const RepeatedMetadata& in);

}  // namespace millrace::schema
