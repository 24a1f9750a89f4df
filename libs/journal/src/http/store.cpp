#include "store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "journal/http_wire.hpp"

namespace millrace::journal::http {

using namespace statekit;

namespace {

constexpr std::size_t detail_bytes_max = 500;

// Statuses that the protocol has. A server that is not ours, or a proxy in front of one, says
// others: those of a write leave open what became of it.
JournalFault fault_of(int status, bool append) {
  switch (status) {
    case 412: return JournalFault::conflict;
    case 410: return JournalFault::compacted;
    case 413: return JournalFault::too_large;
    case 404:
    case 401:
    case 403:
    case 408:
    case 409:
    case 429:
    case 503:
    case 507: return JournalFault::unavailable;
    default: break;
  }
  if (status < 500) return JournalFault::invalid;
  return append ? JournalFault::unknown : JournalFault::unavailable;
}

// What a problem document says of itself.
struct Told {
  std::string detail;
  bool corrupt = false;
  bool half = false;
  Revision revision = 0;
};

Told told_by(const httpkit::Response& response) {
  Told told;
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  if (!json.is_object()) return told;
  if (const auto it = json.find("detail"); it != json.end() && it->is_string())
    told.detail = it->get<std::string>().substr(0, detail_bytes_max);
  if (const auto it = json.find("fault"); it != json.end() && it->is_string()) {
    told.corrupt = it->get<std::string>() == "corrupt";
    told.half = it->get<std::string>() == "half_filled";
  }
  if (const auto it = json.find("revision"); it != json.end() && it->is_number_unsigned())
    told.revision = it->get<Revision>();
  return told;
}

}  // namespace

tl::unexpected<JournalError> closed_handle() {
  return refuse(JournalFault::unavailable, "this handle of the journal is not open");
}

JournalResult<httpkit::Response> Store::ask(Ask ask, bool append) {
  if (closed()) return closed_handle();
  if (ask.ms <= 0) ask.ms = tuning_.call_ms_max;
  ask.target.insert(0, "/journal");
  if (fill_) ask.target += ask.target.find('?') == std::string::npos ? "?fill=true" : "&fill=true";
  auto response = transport_.ask(ask);
  if (response) return std::move(*response);
  if (closed() && !(append && response.error().sent)) return closed_handle();
  return refuse(append && response.error().sent ? JournalFault::unknown : JournalFault::unavailable,
                response.error().message);
}

JournalResult<httpkit::Response> Store::want(Ask asked, bool append) {
  auto response = ask(std::move(asked), append);
  if (response && (response->status < 200 || response->status > 299))
    return tl::unexpected(error_of(*response, append));
  return response;
}

JournalError Store::error_of(const httpkit::Response& response, bool append) {
  const Told told = told_by(response);
  JournalError error{fault_of(response.status, append), {}, {}, told.revision};
  if (response.status == 500 && told.corrupt) error.fault = JournalFault::corrupt;
  if (response.status == 409 && told.half) return refuse_half(where()).value();
  error.message = where() + " answers " + std::to_string(response.status);
  if (!told.detail.empty()) error.message += ": " + told.detail;
  error.message += transport_.advice(response.status);
  if (error.fault == JournalFault::conflict || error.fault == JournalFault::compacted) {
    if (auto head = head_in(response)) {
      error.head = *head;
      error.message += error.fault == JournalFault::conflict ? ": somebody else was first"
                                                             : ": those revisions are gone";
    } else {
      return head.error();
    }
  }
  return error;
}

JournalResult<Head> Store::head_in(const httpkit::Response& response) {
  auto head = parse_head(response.body);
  if (!head)
    return refuse(head.error().code == Code::unimplemented ? JournalFault::wrong_format
                                                           : JournalFault::unavailable,
                  where() + ": " + head.error().message);
  learn(*head);
  return *head;
}

JournalResult<Head> Store::head() {
  const auto response = want({"GET", ""});
  if (!response) return tl::unexpected(response.error());
  return head_in(*response);
}

Head Store::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

// Answers may come in another order than they were given.
void Store::learn(const Head& head) {
  const std::lock_guard lock(mutex_);
  if (head.incarnation != known_.incarnation) {
    known_ = head;
    return;
  }
  if (head.last >= known_.last) {
    known_.last = head.last;
    known_.digest = head.digest;
  }
  if (head.first >= known_.first) {
    known_.first = head.first;
    known_.before_first = head.before_first;
  }
}

bool Store::rest(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(ms, 0)),
                         [this] { return closed_; });
}

void Store::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
  transport_.close();
}

}  // namespace millrace::journal::http
