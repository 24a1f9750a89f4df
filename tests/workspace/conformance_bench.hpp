// What the tests of both conformance commands share: our server on memory, one in Node, and what a
// run says of them. One thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "access/io/trusted.hpp"
#include "cli/conformance/conformance.hpp"
#include "services/schema/workspace/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace millrace::test {

class OurServer {
 public:
  explicit OurServer(
      tls::Doors doors = {}, const access::Trusted* trusted = nullptr,
      std::function<void(const std::function<void(const access::Book&)>&)> book = {}) {
    schema_service::Settings settings;
    settings.journal = "memory:";
    settings.http_listen = "127.0.0.1:0";
    const std::string scheme = doors.closed() ? "https://" : "http://";
    auto started = workspace::start(
        settings, {&clock_, &metrics_, &health_, std::move(doors), trusted, std::move(book)});
    REQUIRE(started);
    server_ = std::move(*started);
    url_ = scheme + server_->address();
  }
  const std::string& url() const { return url_; }

 private:
  const statekit::SystemClock clock_;
  statekit::Metrics metrics_;
  statekit::Health health_;
  std::unique_ptr<workspace::Server> server_;
  std::string url_;
};

// A program in Node that says where it listens.
class NodeServer {
 public:
  explicit NodeServer(std::vector<std::string> words)
      : process_(with_node(std::move(words)), folder_ / "log"),
        url_("http://127.0.0.1:" + process_.logged("listening ")) {}
  const std::string& url() const { return url_; }

 private:
  static std::vector<std::string> with_node(std::vector<std::string> words) {
    words.insert(words.begin(), NODE);
    return words;
  }

  TempDir folder_;
  Process process_;
  std::string url_;
};

using Check = statekit::Result<cli::ConformanceReport> (*)(const cli::ConformanceOrder&,
                                                           const cli::OnCase&);

inline cli::ConformanceReport report_of(Check check, const std::string& url,
                                        const std::string& only) {
  cli::ConformanceOrder order;
  order.url = url;
  order.only = only;
  order.run = "test";
  order.timeout_ms = 60'000;
  auto report = check(order, nullptr);
  REQUIRE(report);
  return *report;
}

inline std::string failures(const cli::ConformanceReport& report) {
  std::string text;
  for (const auto& each : report.cases)
    if (!each.passed) text += each.name + ": " + each.expected + "; " + each.got + "\n";
  return text;
}

// That the one case which was asked for found the fault, and says it.
inline void check_found(const cli::ConformanceReport& report) {
  REQUIRE(report.cases.size() == 1);
  CHECK_FALSE(report.cases[0].passed);
  CHECK_FALSE(report.cases[0].expected.empty());
  CHECK_FALSE(report.cases[0].got.empty());
}

}  // namespace millrace::test
