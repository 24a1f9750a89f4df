// The lines that two texts differ in, for people. Pure.
#pragma once

#include <string>

namespace millrace::cli {

// Each line of either text once, in order: "  " what stays, "- " what goes, "+ " what comes; long
// stretches that stay are left out. Texts of at most a few thousand lines.
std::string line_diff(const std::string& before, const std::string& after);

}  // namespace millrace::cli
