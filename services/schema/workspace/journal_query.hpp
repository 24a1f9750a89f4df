// What the query of a request for a journal says. Pure; any query gives an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::workspace {

struct JournalQuery {
  std::string incarnation;
  std::uint64_t after = 0;
  std::int64_t wait_ms = 0;
  std::size_t limit = 100;
  std::size_t bytes = std::size_t{1} << 20;
  std::uint64_t at_most = ~std::uint64_t{0};
  std::uint64_t from = 0;
  std::optional<statekit::Digest> digest;
  std::string upload;
  bool last = false;
  bool fill = false;  // by whoever fills it, or looks at one that is half filled
  std::optional<std::uint64_t> up_to;
};

// InvalidArgument names the fault; what is not known is ignored.
statekit::Result<JournalQuery> parse_journal_query(std::string_view query);

}  // namespace millrace::workspace
