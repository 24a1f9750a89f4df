#include "cli/watch.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Status;

namespace {

namespace fs = std::filesystem;

statekit::Error failed(const std::string& what) {
  return {Code::unavailable, what + ": " + std::strerror(errno), {}};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

constexpr std::uint32_t events_wanted = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                                        IN_DELETE | IN_ATTRIB | IN_MOVE_SELF | IN_ONLYDIR;

// Folders are watched, not files: an editor that saves by renaming makes a new file.
class Watch {
 public:
  Watch() : events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

  // An error: a folder that cannot be watched, perhaps for it is not there. May be repeated.
  Status add(const std::vector<std::string>& files) {
    if (events_.number() < 0) return fail(failed("inotify"));
    for (const std::string& file : files) {
      if (const Status added = add(fs::path(file)); !added) return added;
      // What a link leads to is written elsewhere.
      std::error_code unknown;
      const fs::path real = fs::canonical(file, unknown);
      if (!unknown) (void)add(real);
    }
    return {};
  }

  int number() const { return events_.number(); }

  // Takes all events that are there; whether one was about a file of ours.
  bool take() {
    bool ours = false;
    alignas(inotify_event) char buffer[16'384];
    ssize_t count = 0;
    while ((count = read(events_.number(), buffer, sizeof buffer)) > 0) {
      for (const char* at = buffer; at < buffer + count;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        ours = take(*event) || ours;
        at += sizeof(inotify_event) + event->len;
      }
    }
    return ours;
  }

 private:
  Status add(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const int id = inotify_add_watch(events_.number(), folder.c_str(), events_wanted);
    if (id < 0) return fail(failed(folder.string() + ": cannot be watched"));
    names_[id].insert(path.filename().string());
    return {};
  }

  bool take(const inotify_event& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
    // The folder itself goes: another may take its place.
    if ((event.mask & IN_MOVE_SELF) != 0) inotify_rm_watch(events_.number(), event.wd);
    if ((event.mask & (IN_MOVE_SELF | IN_IGNORED)) != 0) return names_.erase(event.wd) > 0;
    const auto names = names_.find(event.wd);
    return names != names_.end() && event.len > 0 && names->second.count(event.name) > 0;
  }

  Descriptor events_;
  std::map<int, std::set<std::string>> names_;
};

// SIGINT and SIGTERM as something to wait for, while it lives.
class Stop {
 public:
  Stop() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals_, &before_);
    number_ = signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Stop() {
    close(number_);
    // The signal that ended the waiting must not end the program as well.
    const timespec none{};
    while (sigtimedwait(&signals_, nullptr, &none) > 0) {
    }
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  int number() const { return number_; }

 private:
  sigset_t signals_{};
  sigset_t before_{};
  int number_ = -1;
};

enum class Woken { changed, quiet, stopped };

Woken wait_for(Watch& files, const Stop& stop, int timeout_ms) {
  pollfd wanted[] = {{files.number(), POLLIN, 0}, {stop.number(), POLLIN, 0}};
  const int ready = poll(wanted, 2, timeout_ms);
  if (ready < 0 && errno != EINTR) return Woken::stopped;
  if (wanted[1].revents != 0) return Woken::stopped;
  if (ready <= 0) return Woken::quiet;
  return files.take() ? Woken::changed : Woken::quiet;
}

}  // namespace

Status watch(const std::vector<std::string>& files, const std::function<void()>& work) {
  Watch watched;
  const Stop stop;
  if (const Status added = watched.add(files); !added) return added;
  while (true) {
    // Folders go and come back (a checkout of another branch), links lead elsewhere.
    bool whole = watched.add(files).has_value();
    work();
    Woken woken = Woken::quiet;
    while (woken == Woken::quiet) {
      woken = wait_for(watched, stop, whole ? -1 : missing_folder_ms);
      if (woken != Woken::quiet || whole) continue;
      whole = watched.add(files).has_value();
      if (whole) woken = Woken::changed;
    }
    // An editor writes a file in several steps.
    while (woken == Woken::changed) woken = wait_for(watched, stop, settle_ms);
    if (woken == Woken::stopped) return {};
  }
}

}  // namespace millrace::cli
