// Between the model and the generated protobuf classes. Included by codec.cpp and server.cpp files
// only: it is the one header of this library that shows *.pb.h. `from_proto` refuses what no model
// can hold (a message without its oneof, nesting past the limit).
#pragma once

#include "schema/model.hpp"
#include "statekit/result.hpp"
#include "v2alpha1/model.pb.h"

namespace millrace::schema {

v2alpha1::Ref to_proto(const Ref& ref);
Ref from_proto(const v2alpha1::Ref& message);

v2alpha1::Type to_proto(const Type& type);
statekit::Result<Type> from_proto(const v2alpha1::Type& message);

v2alpha1::Module to_proto(const Module& module);
statekit::Result<Module> from_proto(const v2alpha1::Module& message);

v2alpha1::Schema to_proto(const Schema& schema);
statekit::Result<Schema> from_proto(const v2alpha1::Schema& message);

v2alpha1::Diagnostic to_proto(const Diagnostic& diagnostic);
Diagnostic from_proto(const v2alpha1::Diagnostic& message);

}  // namespace millrace::schema
