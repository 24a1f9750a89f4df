// "Did you mean": the known name that a misspelt one is closest to. For settings and for the words
// of the command line. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::settings {

// Empty where nothing is near enough: a third of the length in edits, at least two.
std::string nearest(std::string_view wrong, const std::vector<std::string>& known);

// The same within two edits, however long the names are.
std::string near_miss(std::string_view wrong, const std::vector<std::string>& known);

// "; did you mean X?", or nothing.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace millrace::settings
