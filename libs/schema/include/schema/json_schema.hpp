// A schema for those who speak other languages: JSON Schema 2020-12 of its types, OpenAPI 3.1 of
// its routes. Called by `millrace schema jsonschema` and `openapi`. Pure and deterministic: the
// order of files and modules changes nothing. docs/openapi.md says how each type is put.
#pragma once

#include <optional>
#include <string>

#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::schema {

// Without a verb: `$defs` holds each type that is declared, generic ones in each form in which they
// are used. With a verb: the document itself describes what the verb takes, `$defs` what it takes
// and gives as `request` and `response`. Values are as they travel over HTTP: fields by their
// aliases. REQUIRES: resolved and without faults. Fails where there is no such verb, or more types
// than schema/limits.hpp allows.
statekit::Result<std::string> json_schema(const Schema& schema, const std::optional<Ref>& verb);

// Every route, or the one verb's. Fails also where the verb has no route.
statekit::Result<std::string> openapi(const Schema& schema, const std::optional<Ref>& verb);

}  // namespace millrace::schema
