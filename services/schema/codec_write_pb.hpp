// What every write has in common: who asks and why, and what its token is compared by. Included by
// the codec's .cpp files only, since it shows protobuf. Free of threads.
#pragma once

#include <string>

#include "statekit/machine_parts.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

// Of author, reason and token each.
inline constexpr std::size_t text_bytes_max = 4'096;

// `hashed`: the method and the request without its token, so that a token may be compared with what
// it came with.
statekit::Result<statekit::CommandMeta> meta_of(const v2alpha1::WriteOptions& write,
                                                const std::string& hashed, statekit::WallMs now_ms);

template <class Request>
std::string without_token(Request request) {
  request.mutable_write()->clear_token();
  return request.SerializeAsString();
}

}  // namespace millrace::schema_service
