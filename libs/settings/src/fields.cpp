#include <algorithm>
#include <cctype>

#include "help_of.hpp"
#include "settings/settings.hpp"
#include "values.hpp"

namespace millrace::settings {

using statekit::Status;

void Fields::add(std::string name, std::string help, std::string kind, Set set,
                 std::function<std::string()> show) {
  statekit::check(find(name) == nullptr, "a setting is described once");
  std::string fallback = show();
  fields_.push_back(Field{std::move(name),
                          std::move(help),
                          std::move(fallback),
                          std::move(kind),
                          std::move(set),
                          std::move(show),
                          false,
                          {}});
}

void Fields::text(std::string name, std::string& target, std::string help) {
  add(
      std::move(name), std::move(help), "text",
      [&target](std::string_view text) -> Status {
        target = text;
        return {};
      },
      [&target] { return target; });
}

void Fields::secret(std::string name, std::string& target, std::string help) {
  text(std::move(name), target, std::move(help));
  fields_.back().secret = true;
}

void Fields::integer(std::string name, std::int64_t& target, std::int64_t min, std::int64_t max,
                     std::string help) {
  add(
      std::move(name), std::move(help), "integer",
      [&target, min, max](std::string_view text) -> Status {
        const auto value = read_integer(text, min, max);
        if (!value) return statekit::fail(value.error());
        target = *value;
        return {};
      },
      [&target] { return std::to_string(target); });
}

void Fields::boolean(std::string name, bool& target, std::string help) {
  add(
      std::move(name), std::move(help), "boolean",
      [&target](std::string_view text) -> Status {
        const auto value = read_boolean(text);
        if (!value) return statekit::fail(value.error());
        target = *value;
        return {};
      },
      [&target] { return target ? "true" : "false"; });
}

void Fields::duration(std::string name, std::int64_t& target_ms, std::int64_t min_ms,
                      std::int64_t max_ms, std::string help) {
  add(
      std::move(name), std::move(help), "duration",
      [&target_ms, min_ms, max_ms](std::string_view text) -> Status {
        const auto value = read_duration(text, min_ms, max_ms);
        if (!value) return statekit::fail(value.error());
        target_ms = *value;
        return {};
      },
      [&target_ms] { return print_duration(target_ms); });
}

void Fields::list(std::string name, std::vector<std::string>& target, std::string help) {
  add(
      std::move(name), std::move(help), "list",
      [&target](std::string_view text) -> Status {
        target = read_list(text);
        return {};
      },
      [&target] { return print_list(target); });
}

void Fields::choice(std::string name, std::string& target, std::vector<std::string> words,
                    std::string help) {
  help += ": " + print_list(words);
  add(
      std::move(name), std::move(help), "text",
      [&target, words = std::move(words)](std::string_view text) -> Status {
        if (std::find(words.begin(), words.end(), text) == words.end())
          return statekit::fail(statekit::Code::invalid_argument,
                                "'" + std::string(text) + "' is none of " + print_list(words));
        target = text;
        return {};
      },
      [&target] { return target; });
}

void Fields::address(std::string name, std::string& target, std::string help) {
  add(
      std::move(name), std::move(help), "address",
      [&target](std::string_view text) -> Status {
        if (auto status = check_address(text); !status) return status;
        target = text;
        return {};
      },
      [&target] { return target; });
}

void Fields::addresses(std::string name, std::string& target, std::string help) {
  add(
      std::move(name), std::move(help), "address",
      [&target](std::string_view text) -> Status {
        for (std::size_t begin = 0; begin <= text.size();) {
          const std::size_t comma = std::min(text.find(',', begin), text.size());
          if (auto status = check_address(text.substr(begin, comma - begin)); !status)
            return status;
          begin = comma + 1;
        }
        target = text;
        return {};
      },
      [&target] { return target; });
}

void Fields::folder(std::string name, std::string& target, std::string help) {
  const std::string described = name;
  text(std::move(name), target, std::move(help));
  judge(described, [&target]() -> std::optional<Objection> {
    if (!target.empty()) return std::nullopt;
    return Objection{Weight::refused,
                     "wanted a folder, such as .millrace, got nothing; the root of the file system "
                     "is \"/\""};
  });
}

void Fields::judge(std::string_view name, Judge judge) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.name == name; });
  statekit::check(found != fields_.end(), "a setting is described before it is judged");
  found->judge = std::move(judge);
}

void Fields::foreign(std::string section) { foreign_.push_back(std::move(section)); }

const Field* Fields::find(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

bool Fields::is_foreign(std::string_view name) const {
  const std::string_view section = name.substr(0, name.find('.'));
  return std::find(foreign_.begin(), foreign_.end(), section) != foreign_.end();
}

namespace {

// Of `name=value`; one that names a file is no secret itself.
bool is_secret_option(std::string_view option) {
  std::string name(option);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with("file") || name == "key") return false;  // `key` is a file, beside `cert`
  for (const std::string_view word :
       {"pass", "token", "secret", "pwd", "auth", "credential", "key", "sig"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

std::string masked_options(std::string_view options) {
  std::string out;
  for (std::size_t begin = 0; begin <= options.size();) {
    const std::size_t end = std::min(options.find('&', begin), options.size());
    const std::string_view each = options.substr(begin, end - begin);
    const std::string_view name = each.substr(0, each.find('='));
    const bool hidden = name.size() < each.size() && is_secret_option(name);
    out += (begin == 0 ? "" : "&") + (hidden ? std::string(name) + "=***" : std::string(each));
    begin = end + 1;
  }
  return out;
}

}  // namespace

// A password that was written as it is may hold any of `@`, `/`, `?` and `:`. So all before the
// last
// `@` is hidden, and where that stands behind a `?`, what goes on behind it as well.
std::string masked(const std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const auto query = std::min(text.find('?', scheme), text.size());
  if (const auto last = text.rfind('@'); last != std::string::npos && last > query) {
    const auto next = std::min(text.find('&', last), text.size());
    return text.substr(0, scheme + 3) + "***" + masked_options(text.substr(next));
  }
  const std::string options =
      query == text.size() ? std::string() : "?" + masked_options(text.substr(query + 1));
  const std::string place = text.substr(0, query);
  const auto host = place.rfind('@');
  if (host == std::string::npos || host < scheme) return place + options;
  return place.substr(0, scheme + 3) + "***" + place.substr(host) + options;
}

std::string help_of(const std::vector<Field>& fields) {
  std::size_t width = 0;
  for (const Field& field : fields) width = std::max(width, field.name.size());
  std::string table;
  for (const Field& field : fields) {
    table += "  --" + field.name + std::string(width - field.name.size() + 2, ' ') + field.help;
    table += field.fallback.empty() ? "\n" : " [" + field.fallback + "]\n";
  }
  return table;
}

std::string help(const Fields& fields) { return help_of(fields.all()); }

}  // namespace millrace::settings
