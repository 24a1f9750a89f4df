// Rows in columns for people: aligned by their widest cell, the last column as long as it likes.
// Cells are made printable. Pure.
#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // `bold_heads`: with terminal colours.
  std::string text(bool bold_heads) const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

// "250ms", "3s", "5m", "2h", "4d": one unit, rounded down.
std::string age(std::int64_t milliseconds);
// "2026-11-20T09:14:02.120Z"
std::string rfc3339(std::int64_t wall_ms);
// "09:14:02.120", in the zone of the machine.
std::string clock_time(std::int64_t wall_ms);
// "a, b, c"; "-" for none.
std::string commas(const std::vector<std::string>& words);

}  // namespace millrace::cli
