#include "cli/commands/settings_diff.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace millrace::cli {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t lines_max = 5'000;  // the table below grows with the square of it
constexpr std::size_t context = 2;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line) && lines.size() < lines_max;)
    lines.push_back(line);
  return lines;
}

// length[i][j]: of the longest common subsequence of a from i and b from j.
using Lengths = std::vector<std::vector<std::uint16_t>>;

Lengths lengths_of(const Lines& a, const Lines& b) {
  Lengths length(a.size() + 1, std::vector<std::uint16_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      length[i][j] = a[i] == b[j] ? static_cast<std::uint16_t>(length[i + 1][j + 1] + 1)
                                  : std::max(length[i + 1][j], length[i][j + 1]);
    }
  }
  return length;
}

Lines marked(const Lines& a, const Lines& b) {
  const Lengths length = lengths_of(a, b);
  Lines out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back("  " + a[i++]);
      ++j;
    } else if (i < a.size() && (j == b.size() || length[i + 1][j] >= length[i][j + 1])) {
      out.push_back("- " + a[i++]);
    } else {
      out.push_back("+ " + b[j++]);
    }
  }
  return out;
}

}  // namespace

std::string line_diff(const std::string& before, const std::string& after) {
  const Lines lines = marked(lines_of(before), lines_of(after));
  std::vector<bool> shown(lines.size(), false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("  ")) continue;
    const std::size_t from = i < context ? 0 : i - context;
    for (std::size_t near = from; near < lines.size() && near <= i + context; ++near)
      shown[near] = true;
  }
  std::string text;
  bool gap = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (shown[i]) text += (gap ? "  ...\n" : "") + lines[i] + "\n";
    gap = !shown[i];
  }
  return text;
}

}  // namespace millrace::cli
