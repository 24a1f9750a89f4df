// Forwards what a program prints, with a prefix before each line. Runs on a thread of its own until
// the program closes its end.
#pragma once

#include <string>

namespace millrace::cli {

// Owns `from`. Whole lines are written at once, so that those of several programs do not mix; a
// line longer than 64 KiB is cut into several.
void forward_lines(int from, int to, const std::string& prefix);

}  // namespace millrace::cli
