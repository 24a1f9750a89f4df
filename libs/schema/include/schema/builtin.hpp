// The module that every schema can refer to without declaring it: requests and responses of HTTP,
// errors of retries, and the like. Pure, thread safe.
#pragma once

#include "schema/model.hpp"

namespace millrace::schema {

inline constexpr const char* builtin_name = "builtin";

// Its declarations are exported to every realm and its references qualified.
const Module& builtin_module();

}  // namespace millrace::schema
