#include "services/schema/workspace/refusal.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace millrace::workspace {

using statekit::Code;

namespace {

struct Row {
  Refusal refusal;
  Code code;
  std::string_view word;
};
constexpr std::array<Row, 9> rows{{
    {Refusal::locked, Code::failed_precondition, "refusal:locked"},
    {Refusal::other_lock, Code::failed_precondition, "refusal:other-lock"},
    {Refusal::stale, Code::failed_precondition, "refusal:stale"},
    {Refusal::no_version, Code::not_found, "refusal:no-version"},
    {Refusal::not_empty, Code::failed_precondition, "refusal:not-empty"},
    {Refusal::quota, Code::resource_exhausted, "refusal:quota"},
    {Refusal::lost_parts, Code::aborted, "refusal:lost-parts"},
    {Refusal::sealed, Code::not_found, "refusal:sealed"},
    {Refusal::full, Code::resource_exhausted, "refusal:full"},
}};

}  // namespace

tl::unexpected<statekit::Error> refuse(Refusal refusal, std::string message) {
  for (const Row& row : rows)
    if (row.refusal == refusal)
      return statekit::fail(row.code, std::move(message), {std::string(row.word)});
  return statekit::fail(Code::internal, std::move(message));
}

Refusal refusal_of(const statekit::Error& error) {
  if (error.details.empty()) return Refusal::none;
  for (const Row& row : rows)
    if (error.details.front() == row.word) return row.refusal;
  return Refusal::none;
}

}  // namespace millrace::workspace
