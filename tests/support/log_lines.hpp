// Every line that the log of this process writes while it lives, whatever the log's level.
#pragma once

#include <mutex>
#include <string>

#include "statekit/io/log.hpp"

namespace millrace::test {

class LogLines {
 public:
  LogLines() {
    statekit::set_log_sink([this](const statekit::LogLine& line) {
      const std::lock_guard lock(mutex_);
      text_ += to_text(line) + "\n";
    });
  }
  ~LogLines() { statekit::set_log_sink(nullptr); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace millrace::test
