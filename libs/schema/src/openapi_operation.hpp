// One ingress verb as an OpenAPI operation. Private to this library; pure.
#pragma once

#include "type_schemas.hpp"

namespace millrace::schema {

// `path_names`: what this path calls its parameters in the document, in order; `pattern` is the
// verb's own. REQUIRES: the verb speaks HTTP (http_types).
Json operation_of(TypeSchemas& types, const Index& index, const IngressVerb& route,
                  const std::vector<std::string>& own_names,
                  const std::vector<std::string>& path_names);

// What every document holds beside the types: the platform's headers and its errors.
Json platform_parameters();
Json platform_headers();
Json problem_schema();

}  // namespace millrace::schema
