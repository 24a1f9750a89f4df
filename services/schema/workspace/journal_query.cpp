#include "services/schema/workspace/journal_query.hpp"

#include <algorithm>

#include "httpkit/message.hpp"
#include "journal/http_wire.hpp"

namespace millrace::workspace {

using namespace journal::http;
using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

bool is_upload(const std::string& text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= upload_bytes_max &&
         std::all_of(text.begin(), text.end(), good);
}

// Empty when it was taken, else what it must be. Sizes that ask for more than is given at once are
// no error: fewer come.
std::string take(JournalQuery& query, const std::string& name, const std::string& value) {
  const auto number = parse_number(value);
  const auto taken = [&](auto& into, std::uint64_t most) {
    if (!number) return std::string("a number");
    into = static_cast<std::remove_reference_t<decltype(into)>>(std::min(*number, most));
    return std::string();
  };
  constexpr auto any = ~std::uint64_t{0};
  if (name == "after") return taken(query.after, any);
  if (name == "at_most") return taken(query.at_most, any);
  if (name == "from") return taken(query.from, any);
  if (name == "limit") return taken(query.limit, read_entries_max);
  if (name == "bytes") return taken(query.bytes, read_bytes_max);
  if (name == "wait_ms") return taken(query.wait_ms, wait_ms_max);
  if (name == "up_to") {
    query.up_to = number;
    return number ? "" : "a number";
  }
  if (name == "digest") {
    query.digest = parse_digest(value);
    return query.digest ? "" : "64 hex digits";
  }
  if (name == "upload") {
    query.upload = value;
    return is_upload(value) ? "" : "1 to 64 letters, digits and -";
  }
  if (name == "last" || name == "fill") {
    (name == "last" ? query.last : query.fill) = value == "true";
    return value == "true" || value == "false" ? "" : "true or false";
  }
  if (name == "incarnation") query.incarnation = value.substr(0, 64);
  return "";
}

}  // namespace

Result<JournalQuery> parse_journal_query(std::string_view text) {
  JournalQuery query;
  const auto pairs = httpkit::parse_query(text);
  if (!pairs) return fail(Code::invalid_argument, "the query is malformed");
  for (const auto& [name, value] : *pairs)
    if (const std::string wanted = take(query, name, value); !wanted.empty())
      return fail(Code::invalid_argument, name + " is " + wanted);
  return query;
}

}  // namespace millrace::workspace
