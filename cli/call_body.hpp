// The body of a call as its verb receives it: checked against the verb's type and canonical. Pure.
#pragma once

#include <string>

#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// InvalidArgument with every fault, or with the verbs that were meant; NotFound for an unknown
// module.
statekit::Result<std::string> canonical_body(const schema::Schema& schema, const schema::Ref& verb,
                                             const std::string& json);

}  // namespace millrace::cli
