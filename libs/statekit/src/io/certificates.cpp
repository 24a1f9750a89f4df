#include "statekit/io/certificates.hpp"

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

#include "statekit/io/log.hpp"
#include "tls/describe.hpp"
#include "tls/key_file.hpp"

namespace millrace::statekit {
namespace {

constexpr std::int64_t soon_s = 14 * 86'400;

class Watch {
 public:
  explicit Watch(tls::Doors doors) : doors_(std::move(doors)) {}

  void start() {
    say();
    look_at_key();
    if (doors_.credentials != nullptr) thread_ = std::thread([this] { run(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void say() const {
    if (doors_.closed()) {
      log_info("doors.closed", {{"certificate", doors_.credentials->files().certificate},
                                {"valid_until", tls::date_text(until())},
                                {"clients", tls::name_of(doors_.grpc_clients)},
                                {"auth", doors_.asks ? "required" : "off"}});
    } else if (doors_.insecure) {
      log_warn("doors.open",
               {{"hint", doors_.asks ? "insecure = true: all goes in clear, tokens too"
                                     : "insecure = true: whoever reaches the ports of this process "
                                       "is let in, and all goes in clear"}});
    } else {
      log_info("doors.open",
               {{"hint", doors_.asks
                             ? "in clear, tokens too: fine for loopback, and nothing else is "
                               "listened on"
                             : "in clear, and nobody is asked who they are: fine for loopback, and "
                               "nothing else is listened on"}});
    }
  }

  // Once; again where it was well in between.
  void look_at_key() {
    if (!doors_.closed()) return;
    const std::string warning = tls::key_file_warning(doors_.credentials->files().key);
    if (!warning.empty() && key_warning_.empty())
      log_warn("certificates.key-open", {{"hint", warning}});
    key_warning_ = warning;
  }

  std::int64_t until() const { return doors_.credentials->valid_until_s(); }

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      look();
      lock.lock();
      wake_.wait_for(lock, std::chrono::milliseconds(certificates_interval_ms),
                     [this] { return stopping_; });
    }
  }

  void look() {
    look_at_key();
    const auto changed = doors_.credentials->reload();
    if (!changed) {
      if (changed.error().message != fault_)
        log_error("certificates.wrong", {{"error", changed.error().message},
                                         {"hint", "those that were read before stay in force"}});
      fault_ = changed.error().message;
      return;
    }
    fault_.clear();
    if (*changed) {
      warned_ = false;
      log_info("certificates.changed", {{"certificate", doors_.credentials->files().certificate},
                                        {"valid_until", tls::date_text(until())}});
    }
    if (!warned_ && doors_.closed() && until() < std::time(nullptr) + soon_s) {
      warned_ = true;
      log_warn("certificates.end-soon", {{"certificate", doors_.credentials->files().certificate},
                                         {"valid_until", tls::date_text(until())}});
    }
  }

  const tls::Doors doors_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool warned_ = false;
  std::string fault_;
  std::string key_warning_;
  std::thread thread_;
};

}  // namespace

void watch_certificates(Program& program, const tls::Doors& doors) {
  auto watch = std::make_shared<Watch>(doors);
  program.add(
      "certificates",
      [watch]() -> Status {
        watch->start();
        return {};
      },
      [watch] { watch->stop(); });
}

}  // namespace millrace::statekit
