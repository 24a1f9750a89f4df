// A small TCP proxy between a client and a server on loopback, which loses what it is told to: a
// link cut after a request was sent, one that cannot be had at all, one that stands still. Test
// support; its own thread moves the octets, and every method may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace millrace::test {

class TcpProxy {
 public:
  enum class Cut {
    after,   // the request arrives, its answer does not
    before,  // the request does not arrive
    late,    // the request arrives when the next connection is made
  };

  // What is cut is a request of 4 KiB or more, or, where `words` are given, one that holds them.
  explicit TcpProxy(int target_port, std::string words = {});
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Down: every connection ends, and new ones are refused. In force when this returns.
  void set_down(bool down);
  // Still: connections stay, but nothing passes.
  void set_still(bool still);
  // Still once the client has sent so many octets, which is then told.
  void still_after(std::size_t octets);
  bool stands_still();
  std::size_t octets_sent();
  // The connection that carries the next such request is cut so, and no other.
  void cut_next(Cut cut);

 private:
  struct Link {
    int client = -1;
    int server = -1;
    bool cutting = false;  // the request has passed, its answer is awaited
  };

  void run();
  void apply();
  void accept_one();
  // False when the link has ended.
  bool may_pass(std::size_t size);
  bool pass_up(Link& link);
  bool pass_down(Link& link);
  void deliver_late();
  void listen_again();
  int connect_target() const;
  bool is_request(std::string_view octets) const;
  bool is_answer(std::size_t size) const;
  void settle(std::unique_lock<std::mutex>& lock);
  void wake() const;

  const int target_;
  const std::string words_;
  int port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::vector<Link> links_;  // the thread's own, as is what follows
  std::string late_;
  int late_server_ = -1;

  std::mutex mutex_;
  std::condition_variable applied_;
  bool down_ = false;
  bool still_ = false;
  std::size_t sent_ = 0, sent_max_ = ~std::size_t{0};
  bool stop_ = false;
  std::deque<Cut> cuts_;
  unsigned asked_ = 0, done_ = 0;
  std::thread thread_;
};

}  // namespace millrace::test
