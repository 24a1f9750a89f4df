// "Did you mean": the candidate that a misspelt name is closest to, and what words of other
// languages are called here. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::schema {

// "; did you mean `verb`?", or nothing where no candidate is close: at most a third of the letters
// differ, letter case aside.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// For who knows other languages: "; here it is `Bool`" for `boolean`, where a type stands, and
// "; here it is `data`" for `struct`, where a declaration does. Nothing for other words.
std::string type_called_here(std::string_view word);
std::string declaration_called_here(std::string_view word);

}  // namespace millrace::schema
