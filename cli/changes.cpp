#include "cli/changes.hpp"

#include <algorithm>
#include <string_view>

#include "cli/session.hpp"
#include "schema/compat.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t hits_shown = 20;

struct Mark {
  std::string_view sign;
  std::string_view colour;
};

Mark mark_of(const PlannedChange& change) {
  if (change.breaking) return {"!", "\x1b[31m"};
  if (change.kind.ends_with("-added")) return {"+", "\x1b[32m"};
  if (change.kind.ends_with("-removed")) return {"-", "\x1b[33m"};
  return {"~", "\x1b[36m"};
}

std::string words_of(const PlannedChange::Hit& hit) {
  if (hit.kind == "over-http") return "whoever sends " + hit.used;
  if (hit.kind == "stored") return "the stored value of " + hit.used;
  if (hit.kind == "subscribes") return hit.caller + " subscribes to " + hit.used;
  if (hit.kind == "refers") return hit.caller + " refers to " + hit.used;
  return hit.caller + " " + hit.kind + " " + hit.used;
}

std::string hits_of(const PlannedChange& change) {
  std::string text;
  std::size_t shown = 0;
  for (const PlannedChange::Hit& hit : change.hits) {
    if (hit.breaks != change.breaking) continue;
    if (++shown > hits_shown) continue;
    text += std::string("    ") + (hit.breaks ? "breaks " : "seen by ") + printable(words_of(hit)) +
            '\n';
  }
  if (shown > hits_shown) text += "    and " + std::to_string(shown - hits_shown) + " more\n";
  return text;
}

std::string line_of(const PlannedChange& change, bool colours) {
  const Mark mark = mark_of(change);
  std::string text(colours ? mark.colour : "");
  text += std::string(mark.sign) + ' ' + printable(change.place + ": " + change.what);
  if (change.breaking) text += " [" + printable(change.rule) + "]";
  return text + (colours ? "\x1b[0m\n" : "\n");
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace

std::vector<PlannedChange> changes_between(const schema::Schema& before,
                                           const schema::Schema& after) {
  const schema::Callers callers(before);
  std::vector<PlannedChange> all;
  for (const schema::Change& change : schema::compare(before, after)) {
    PlannedChange planned{change.place,
                          std::string(name_of(change.kind)),
                          std::string(name_of(change.direction)),
                          change.breaking,
                          change.rule,
                          change.before,
                          change.after,
                          change.what,
                          change.why,
                          {}};
    for (const schema::Hit& hit : callers.of(change)) {
      const bool outside = hit.kind == schema::HitKind::over_http;
      planned.hits.push_back(
          {std::string(name_of(hit.kind)), outside ? "" : caller_of(hit), hit.used, hit.breaks});
    }
    all.push_back(std::move(planned));
  }
  return all;
}

bool is_breaking(const std::vector<PlannedChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const PlannedChange& change) { return change.breaking; });
}

std::string text_of(const std::vector<PlannedChange>& changes, bool colours, bool breaking_only) {
  std::string text;
  std::size_t breaking = 0;
  std::string above;
  for (const PlannedChange& change : changes) {
    breaking += change.breaking ? 1 : 0;
    if (breaking_only && !change.breaking) continue;
    // Callers and subscribers meet a change apart; what breaks neither is one line.
    const std::string line = line_of(change, colours);
    if (change.breaking || line != above) text += line;
    above = line;
    if (change.breaking)
      text += "    " + printable(change.direction) + ": " + printable(change.why) + '\n';
    text += hits_of(change);
  }
  return text + counted(changes.size(), "change") + ", " + std::to_string(breaking) + " breaking\n";
}

}  // namespace millrace::cli
