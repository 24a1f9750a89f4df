// Random schemas from a seed, for property tests: well-formed (every one is what some text parses
// to), though not always valid (references may lead nowhere).
#pragma once

#include <cstdint>

#include "schema/model.hpp"

namespace millrace::schema {

Schema generate_schema(std::uint64_t seed);

}  // namespace millrace::schema
