// An open page, as the server sees it: keeps what it is sent. Thread safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "httpkit/server.hpp"

namespace millrace::test {

class FakeStream final : public httpkit::Stream {
 public:
  bool send(std::string_view octets) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || slow_) return false;
    text_ += octets;
    return true;
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void be_slow() {
    const std::lock_guard lock(mutex_);
    slow_ = true;
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  // What came since the last call.
  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  bool closed_ = false;
  bool slow_ = false;
};

class FakeReply final : public httpkit::Reply {
 public:
  void send(httpkit::Response response) override { answer = std::move(response); }
  void on_gone(std::function<void()>) override {}
  std::shared_ptr<httpkit::Stream> stream(httpkit::Response head) override {
    answer = std::move(head);
    opened = std::make_shared<FakeStream>();
    return opened;
  }

  httpkit::Response answer;
  std::shared_ptr<FakeStream> opened;
};

}  // namespace millrace::test
