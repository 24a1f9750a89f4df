#include "cli/conformance/probe.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

namespace millrace::cli {

using httpkit::Header;
using httpkit::Response;

namespace {

constexpr std::size_t shown_max = 200;  // of an answer, in a report

std::string listed(std::initializer_list<int> statuses) {
  std::string text;
  for (const int status : statuses) text += (text.empty() ? "" : " or ") + std::to_string(status);
  return text;
}

std::string shown(const std::string& body) {
  std::string text = body.substr(0, shown_max);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string with(const std::vector<Header>& headers) {
  std::string text;
  for (const Header& header : headers) text += " with " + header.name + ": " + header.value;
  return text;
}

}  // namespace

Response Probe::want(std::initializer_list<int> statuses, const std::string& method,
                     const std::string& target, const std::string& body,
                     const std::vector<Header>& headers) {
  if (failed_) return {0, {}, {}};
  auto response = fetch_(method, target, body, headers);
  if (!response) {
    unreachable_ = response.error();
    expect(false, "an answer to " + method + " " + target, response.error().message);
    return {0, {}, {}};
  }
  const bool good = std::find(statuses.begin(), statuses.end(), response->status) != statuses.end();
  expect(good, listed(statuses) + " for " + method + " " + target + with(headers),
         std::to_string(response->status) + " " + shown(response->body));
  if (failed_) return {0, {}, {}};
  return std::move(*response);
}

std::vector<Response> Probe::at_once(std::size_t times, const std::string& method,
                                     const std::string& target,
                                     const std::function<std::string(std::size_t)>& body) {
  std::vector<Response> responses(times, Response{0, {}, {}});
  if (failed_) return responses;
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < times; ++i)
    senders.emplace_back([&, i] {
      if (auto response = fetch_(method, target, body(i), {})) responses[i] = std::move(*response);
    });
  for (std::thread& sender : senders) sender.join();
  return responses;
}

std::vector<Response> Probe::together(const std::vector<Sent>& requests) {
  std::vector<Response> responses(requests.size(), Response{0, {}, {}});
  if (failed_) return responses;
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < requests.size(); ++i)
    senders.emplace_back([&, i] {
      const Sent& each = requests[i];
      if (auto response = fetch_(each.method, each.target, each.body, each.headers))
        responses[i] = std::move(*response);
    });
  for (std::thread& sender : senders) sender.join();
  return responses;
}

std::int64_t Probe::now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Probe::want_body(const std::string& target, const std::string& body) {
  const Response response = want({200}, "GET", target);
  expect(response.body == body, "GET " + target + " gives what was written",
         std::to_string(response.body.size()) + " octets: " + shown(response.body));
}

void Probe::expect(bool holds, const std::string& expected, const std::string& got) {
  if (holds || failed_) return;
  failed_ = true;
  expected_ = expected;
  got_ = got;
}

std::string Probe::member(const Response& response, const std::string& name) {
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  if (!json.is_object()) return {};
  const auto found = json.find(name);
  if (found == json.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string Probe::etag(const Response& response) {
  return std::string(httpkit::find_header(response.headers, "etag").value_or(""));
}

std::string lock_info(const std::string& id) {
  return R"({"ID":")" + id + R"(","Operation":"OperationTypeApply","Info":"","Who":"conformance@)" +
         id + R"(","Version":"1","Created":"2026-01-02T03:04:05Z","Path":""})";
}

}  // namespace millrace::cli
