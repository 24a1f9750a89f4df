// EndpointPool: the endpoints that this router calls, each with its one connection, its calls in
// flight and its health as seen from here. It chooses one of a route's endpoints (balance.hpp), and
// forgets those that left. Thread safe; never blocks on the network. Nothing here is journalled.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/routing/balance.hpp"
#include "services/routing/state.hpp"
#include "services/routing/transport.hpp"

namespace millrace::routing {

class EndpointPool {
  struct Member {
    std::string id;
    std::string address;
    std::string deployment;
    std::shared_ptr<Connection> connection;
    std::atomic<std::uint32_t> in_flight{0};
    Ejection ejection;  // under the pool's mutex
  };

 public:
  // One call's hold on an endpoint: counted as in flight until it is destroyed. Outlives the pool.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(std::shared_ptr<Member> member) : member_(std::move(member)) {
      ++member_->in_flight;
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
      release();
      member_ = std::move(other.member_);
      return *this;
    }
    ~Lease() { release(); }
    void release() {
      if (member_) --member_->in_flight;
      member_.reset();
    }
    explicit operator bool() const { return member_ != nullptr; }
    const std::string& id() const { return member_->id; }
    const std::string& address() const { return member_->address; }
    const std::shared_ptr<Connection>& connection() const { return member_->connection; }

   private:
    friend class EndpointPool;
    std::shared_ptr<Member> member_;
  };

  EndpointPool(Transport& transport, EjectionLimits limits)
      : transport_(transport), limits_(limits) {}

  // One of the route's targets. `tried` are ids that this call need not try again.
  Lease pick(const Route& route, std::span<const std::string> tried, std::uint64_t random,
             MonoMs now);

  void answered(const Lease& lease);
  void failed(const Lease& lease, MonoMs now);

  // Drops every endpoint that is not known any more, and with it its connection.
  void forget(const std::function<bool(std::string_view id)>& known);

  // By deployment, those that have any; endpoints that left included.
  std::map<std::string, std::uint64_t> calls_in_flight() const;

  std::size_t size() const;
  std::size_t ejected(MonoMs now) const;

 private:
  const std::shared_ptr<Member>& member(std::string_view deployment, const Target& target);

  Transport& transport_;
  const EjectionLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Member>, std::less<>> members_;  // by id
  std::vector<std::shared_ptr<Member>> leaving_;  // forgotten, with calls in flight
};

}  // namespace millrace::routing
