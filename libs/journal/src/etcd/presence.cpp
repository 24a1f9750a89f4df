#include "journal/presence.hpp"

#include <algorithm>
#include <mutex>

#include "client.hpp"
#include "layout.hpp"

namespace millrace::journal {

using namespace statekit;

namespace etcd {

namespace {

// One key of this member, kept by a lease, so that it goes when the member does.
class EtcdPresence : public Presence {
 public:
  EtcdPresence(EtcdAddress address, const EtcdTuning& tuning)
      : address_(std::move(address)), tuning_(tuning), keys_(address_.workspace) {}
  ~EtcdPresence() override { EtcdPresence::leave(); }

  Status announce(const Member& member, std::int64_t ttl_ms) override {
    auto client = connect();
    if (!client) return fail(to_error(client.error()));
    if (lease_ != 0) {
      const auto lives = (*client)->keep_lease(lease_);
      if (!lives) return fail(to_error(lives.error()));
      if (*lives <= 0) lease_ = 0;
    }
    const bool fresh = lease_ == 0;
    if (fresh) {
      const auto granted = (*client)->grant_lease(std::max<std::int64_t>(1, ttl_ms / 1000));
      if (!granted) return fail(to_error(granted.error()));
      lease_ = *granted;
    }
    if (!fresh && member == said_) return {};
    Txn txn;
    txn.writes = {{key(member.id), member.about, false, {}, lease_}};
    const auto done = (*client)->txn(txn, tuning_.call_ms_max);
    if (!done) return fail(to_error(done.error()));
    said_ = member;
    return {};
  }

  Result<std::vector<Member>> members() override {
    auto client = connect();
    if (!client) return fail(to_error(client.error()));
    Txn txn;
    Bytes past = key("");
    past.back() = '/' + 1;
    txn.ranges = {{key(""), past}};
    const auto answer = (*client)->txn(txn, tuning_.call_ms_max);
    if (!answer) return fail(to_error(answer.error()));
    std::vector<Member> all;
    for (const KeyValue& each : answer->found.front())
      all.push_back({each.key.substr(key("").size()), each.value});
    return all;
  }

  void leave() override {
    std::shared_ptr<Client> client;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(left_, true)) return;
      client = client_;
    }
    if (!client) return;
    // Where it cannot be said any more, the lease runs out.
    if (lease_ != 0) static_cast<void>(client->revoke_lease(lease_));
    client->close();
  }

  bool shared() const override { return true; }

 private:
  Bytes key(const std::string& id) const { return keys_.prefix() + "presence/" + id; }

  Answer<std::shared_ptr<Client>> connect() {
    const std::lock_guard lock(mutex_);
    if (left_)
      return tl::unexpected(
          JournalError{JournalFault::unavailable, "this replica has left", {}, 0});
    if (client_) return client_;
    auto made = make_client(address_, tuning_);
    if (made) client_ = *made;
    return made;
  }

  const EtcdAddress address_;
  const EtcdTuning tuning_;
  const Keys keys_;
  std::mutex mutex_;
  std::shared_ptr<Client> client_;
  bool left_ = false;
  std::int64_t lease_ = 0;  // of the announcing thread
  Member said_;
};

}  // namespace

}  // namespace etcd

std::unique_ptr<Presence> make_etcd_presence(EtcdAddress address, EtcdTuning tuning) {
  return std::make_unique<etcd::EtcdPresence>(std::move(address), tuning);
}

}  // namespace millrace::journal
