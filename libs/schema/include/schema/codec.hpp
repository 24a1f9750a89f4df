// Modules and schemas as bytes: the protobuf messages of protos/v2alpha1/model.proto. What is
// stored in events and snapshots and sent to followers. Free of threads; hostile bytes give an
// Error. Conversions to the generated classes are in schema/codec_pb.hpp, for codecs and servers.
#pragma once

#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::schema {

statekit::Bytes encode(const Module& module);
statekit::Result<Module> decode_module(statekit::BytesView bytes);

statekit::Bytes encode(const Schema& schema);
statekit::Result<Schema> decode_schema(statekit::BytesView bytes);

}  // namespace millrace::schema
