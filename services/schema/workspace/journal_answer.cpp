#include "services/schema/workspace/journal_answer.hpp"

#include <nlohmann/json.hpp>

#include "journal/http_wire.hpp"

namespace millrace::workspace {

using httpkit::Response;
using statekit::JournalError;
using statekit::JournalFault;

namespace {

struct Word {
  int status;
  const char* fault;
};

Word word_of(JournalFault fault) {
  switch (fault) {
    case JournalFault::conflict: return {412, "conflict"};
    case JournalFault::unknown: return {504, "unknown"};
    case JournalFault::unavailable: return {503, "unavailable"};
    case JournalFault::too_large: return {413, "too_large"};
    case JournalFault::corrupt: return {500, "corrupt"};
    case JournalFault::wrong_format: return {500, "wrong_format"};
    case JournalFault::rewound: return {500, "rewound"};
    case JournalFault::compacted: return {410, "compacted"};
    case JournalFault::invalid: return {422, "invalid"};
    case JournalFault::half_filled: return {409, "half_filled"};
  }
  return {500, "corrupt"};
}

}  // namespace

Response head_answer(int status, const statekit::Head& head, bool filling) {
  return {status,
          {{"content-type", "application/json"}, {"etag", journal::http::etag_of(head)}},
          journal::http::head_json(head, filling)};
}

Response fault_answer(const JournalError& error) {
  const Word word = word_of(error.fault);
  if (error.head && (word.status == 412 || word.status == 410))
    return head_answer(word.status, *error.head);
  Response response = httpkit::problem(word.status, error.message);
  auto json = nlohmann::ordered_json::parse(response.body, nullptr, false);
  if (json.is_object()) {
    json["fault"] = word.fault;
    if (error.revision != 0) json["revision"] = error.revision;
    response.body = json.dump();
  }
  if (word.status == 503) response.headers.push_back({"retry-after", "1"});
  return response;
}

}  // namespace millrace::workspace
