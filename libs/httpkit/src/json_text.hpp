// One JSON string, quotes included, for the few small answers that httpkit writes itself. Pure.
#pragma once

#include <string>
#include <string_view>

namespace millrace::httpkit {

std::string json_text(std::string_view text);  // REQUIRES: text is UTF-8

}  // namespace millrace::httpkit
