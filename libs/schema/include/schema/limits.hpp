// The limits of the schema language and of JSON values checked against it, in one place.
#pragma once

#include <cstddef>

namespace millrace::schema {

inline constexpr std::size_t file_bytes_max = 1'048'576;  // of one schema file
inline constexpr int nesting_max = 64;                    // levels of a type, in text and messages
inline constexpr int json_nesting_max = 64;               // levels of a JSON value
inline constexpr std::size_t diagnostics_max = 1'000;     // reported for one file
inline constexpr std::size_t json_faults_max = 1'000;     // reported for one value
inline constexpr std::size_t type_parameters_max = 64;    // of one data
inline constexpr std::size_t type_instances_max =
    10'000;                                          // reached from one type, generics applied
inline constexpr std::size_t type_text_max = 4'096;  // of one type, generics applied

}  // namespace millrace::schema
