// Qualifies references: a name without a module is a type parameter of the surrounding data, else a
// declaration of its own module, else one of `builtin`. What is none of them stays as it was; the
// checker calls it unknown. Called once after parsing, before a module is checked, digested or
// stored. Pure, idempotent.
#pragma once

#include "schema/model.hpp"

namespace millrace::schema {

void resolve(Module& module);
void resolve(Schema& schema);

}  // namespace millrace::schema
