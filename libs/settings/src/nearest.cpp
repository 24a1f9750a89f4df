#include "settings/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace millrace::settings {
namespace {

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string nearest_within(std::size_t edits_max, std::string_view wrong,
                           const std::vector<std::string>& known) {
  std::size_t best = edits_max + 1;
  std::string found;
  if (wrong.size() > 128) return found;
  for (const std::string& name : known) {
    const std::size_t distance = edits(wrong, name);
    if (distance < best) {
      best = distance;
      found = name;
    }
  }
  return found;
}

}  // namespace

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
  return nearest_within(std::max<std::size_t>(2, wrong.size() / 3), wrong, known);
}

std::string near_miss(std::string_view wrong, const std::vector<std::string>& known) {
  return nearest_within(2, wrong, known);
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known) {
  const std::string found = nearest(wrong, known);
  return found.empty() ? "" : "; did you mean " + found + "?";
}

}  // namespace millrace::settings
