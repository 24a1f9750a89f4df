#include "schema/cron.hpp"

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "schema/duration.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

struct Field {
  const char* name;
  int first;
  int last;
};
constexpr Field second_field{"second", 0, 59};
constexpr Field minute_field{"minute", 0, 59};
constexpr Field hour_field{"hour", 0, 23};
constexpr Field day_field{"day", 1, 31};
constexpr Field month_field{"month", 1, 12};
constexpr Field weekday_field{"weekday", 0, 7};
constexpr Field year_field{"year", cron_year_first, cron_year_last};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find(separator); at != text.npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

tl::unexpected<statekit::Error> refuse(const Field& field, std::string_view text) {
  return fail(Code::invalid_argument, "`" + std::string(text) + "` is no " + field.name +
                                          ": numbers from " + std::to_string(field.first) + " to " +
                                          std::to_string(field.last) +
                                          ", `*`, lists, ranges and steps are");
}

bool read_number(std::string_view text, int& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return !text.empty() && read.ec == std::errc() && read.ptr == end;
}

// One element of a list: `*`, `5`, `1-5`, each with an optional `/step`. Returns begin, end, step.
bool read_range(const Field& field, std::string_view text, std::array<int, 3>& range) {
  range = {field.first, field.last, 1};
  const std::size_t slash = text.find('/');
  const std::string_view span = text.substr(0, slash);
  const bool stepped = slash != text.npos;
  if (stepped && (!read_number(text.substr(slash + 1), range[2]) || range[2] < 1)) return false;
  if (span == "*") return true;
  const std::size_t dash = span.find('-');
  if (!read_number(span.substr(0, dash), range[0])) return false;
  if (dash == span.npos) {
    range[1] = stepped ? field.last : range[0];
  } else if (!read_number(span.substr(dash + 1), range[1])) {
    return false;
  }
  return range[0] >= field.first && range[1] <= field.last && range[0] <= range[1];
}

// Sets bit (number - offset) modulo `wrap` for every number that the field names.
template <std::size_t N>
Status read_field(const Field& field, std::string_view text, std::bitset<N>& bits, int offset = 0,
                  int wrap = 1'000'000) {
  for (const std::string_view part : split(text, ',')) {
    std::array<int, 3> range{};
    if (!read_range(field, part, range)) return refuse(field, text);
    for (int number = range[0]; number <= range[1]; number += range[2]) {
      bits.set(static_cast<std::size_t>((number - offset) % wrap));
      if (number > range[1] - range[2]) break;
    }
  }
  return {};
}

int days_in(int month, int year) {
  static constexpr std::array<int, 13> days = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month)];
}

int weekday_of(int day, int month, int year) {
  static constexpr std::array<int, 12> shift = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  if (month < 3) --year;
  return (year + year / 4 - year / 100 + year / 400 + shift[static_cast<std::size_t>(month - 1)] +
          day) %
         7;
}

bool meets(const CronSchedule& schedule, int day, int month, int year) {
  const bool day_fits = schedule.days.test(static_cast<std::size_t>(day));
  const auto weekday = static_cast<std::size_t>(weekday_of(day, month, year));
  const bool weekday_fits = schedule.weekdays.test(weekday);
  if (!schedule.any_day && !schedule.any_weekday) return day_fits || weekday_fits;
  return day_fits && weekday_fits;
}

bool has_a_date(const CronSchedule& schedule) {
  for (int year = cron_year_first; year <= cron_year_last; ++year) {
    if (!schedule.years.test(static_cast<std::size_t>(year - cron_year_first))) continue;
    for (int month = 1; month <= 12; ++month) {
      if (!schedule.months.test(static_cast<std::size_t>(month))) continue;
      for (int day = 1; day <= days_in(month, year); ++day) {
        if (meets(schedule, day, month, year)) return true;
      }
    }
  }
  return false;
}

std::optional<int> weekday_named(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names = {
      "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i] || name == names[i].substr(0, 3)) return static_cast<int>(i);
  }
  return std::nullopt;
}

Result<CronSchedule> read_fields(const std::vector<std::string_view>& fields) {
  CronSchedule out;
  const std::size_t at = fields.size() > 5 ? 1 : 0;  // of the minutes
  const std::string_view second = at == 1 ? fields[0] : "0";
  const std::string_view year = fields.size() == 7 ? fields[6] : "*";
  if (Status read = read_field(second_field, second, out.seconds); !read) return fail(read.error());
  for (const Status& read : {read_field(minute_field, fields[at], out.minutes),
                             read_field(hour_field, fields[at + 1], out.hours),
                             read_field(day_field, fields[at + 2], out.days),
                             read_field(month_field, fields[at + 3], out.months),
                             read_field(weekday_field, fields[at + 4], out.weekdays, 0, 7),
                             read_field(year_field, year, out.years, cron_year_first)}) {
    if (!read) return fail(read.error());
  }
  out.any_day = fields[at + 2].front() == '*';
  out.any_weekday = fields[at + 4].front() == '*';
  if (!has_a_date(out)) return fail(Code::invalid_argument, "no date ever meets it");
  return out;
}

}  // namespace

Result<CronSchedule> parse_cron(std::string_view expression) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : split(expression, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() == 1) {
    if (const auto weekday = weekday_named(fields[0])) {
      const std::string number = std::to_string(*weekday);
      return read_fields({"0", "0", "*", "*", number});
    }
    const auto every = parse_duration(fields[0]);
    if (every && *every > 0) {
      CronSchedule schedule;
      schedule.every_seconds = *every;
      return schedule;
    }
  }
  if (fields.size() < 5 || fields.size() > 7) {
    return fail(Code::invalid_argument,
                "expected 5 to 7 fields, a duration such as 5m, or a weekday such as Mon");
  }
  return read_fields(fields);
}

}  // namespace millrace::schema
