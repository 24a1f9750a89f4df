// The canonical text of one piece of metadata, without its comments: "+cron 5h". Private to this
// library.
#pragma once

#include <string>

#include "schema/metadata.hpp"

namespace millrace::schema {

std::string text_of(const Metadata& entry);

}  // namespace millrace::schema
