// Progress: one line on a terminal that tells what is being waited for, shown once the wait has
// lasted a second and wiped at its end. Main thread.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "cli/session.hpp"

namespace millrace::cli {

class Progress {
 public:
  explicit Progress(const Session& session)
      : session_(session), begun_(std::chrono::steady_clock::now()) {}
  ~Progress() { wipe(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void say(const std::string& what) {
    const auto passed = std::chrono::steady_clock::now() - begun_;
    if (!session_.progress || passed < std::chrono::seconds(1)) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
    *session_.err << "\r\033[K" << printable(what.substr(0, 100)) << " (" << seconds << " s)"
                  << std::flush;
    shown_ = true;
  }

  void wipe() {
    if (shown_) *session_.err << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  const Session& session_;
  const std::chrono::steady_clock::time_point begun_;
  bool shown_ = false;
};

}  // namespace millrace::cli
