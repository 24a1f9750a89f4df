// Forwards what a program prints, with a prefix before each line. Runs on a thread of its own until
// the program closes its end.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace millrace::cli {

// Told of each line, without its end; may be empty.
using OnLine = std::function<void(std::string_view line)>;

// Owns `from`. Whole lines are written at once, so that those of several programs do not mix; a
// line longer than 64 KiB is cut into several.
void forward_lines(int from, int to, const std::string& prefix, const OnLine& on_line = {});

}  // namespace millrace::cli
