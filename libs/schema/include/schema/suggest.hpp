// "Did you mean": the candidate that a misspelt name is closest to. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::schema {

// "; did you mean `verb`?", or nothing where no candidate is close: at most a third of the letters
// differ, letter case aside.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace millrace::schema
