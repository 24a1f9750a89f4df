#include "journal/presence.hpp"

#include <map>
#include <mutex>

namespace millrace::journal {

using namespace statekit;

class PresenceRoom {
 public:
  explicit PresenceRoom(const Clock& clock) : clock_(clock) {}

  void put(const Member& member, std::int64_t ttl_ms) {
    const std::lock_guard lock(mutex_);
    members_[member.id] = {member, clock_.mono_ms() + ttl_ms};
  }
  void remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    members_.erase(id);
  }
  std::vector<Member> all() {
    const std::lock_guard lock(mutex_);
    const MonoMs now = clock_.mono_ms();
    std::erase_if(members_, [&](const auto& each) { return each.second.until <= now; });
    std::vector<Member> found;
    for (const auto& [id, kept] : members_) found.push_back(kept.member);
    return found;
  }

 private:
  struct Kept {
    Member member;
    MonoMs until = 0;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> members_;
};

namespace {

class LocalPresence : public Presence {
 public:
  LocalPresence(std::shared_ptr<PresenceRoom> room, bool shared)
      : room_(std::move(room)), shared_(shared) {}
  ~LocalPresence() override { LocalPresence::leave(); }

  Status announce(const Member& member, std::int64_t ttl_ms) override {
    const std::lock_guard lock(mutex_);
    if (left_) return fail(Code::unavailable, "this replica has left");
    id_ = member.id;
    room_->put(member, ttl_ms);
    return {};
  }
  Result<std::vector<Member>> members() override { return room_->all(); }
  void leave() override {
    const std::lock_guard lock(mutex_);
    left_ = true;
    room_->remove(id_);
  }
  bool shared() const override { return shared_; }

 private:
  const std::shared_ptr<PresenceRoom> room_;
  const bool shared_;
  std::mutex mutex_;
  std::string id_;
  bool left_ = false;
};

}  // namespace

std::shared_ptr<PresenceRoom> make_presence_room(const Clock& clock) {
  return std::make_shared<PresenceRoom>(clock);
}

std::unique_ptr<Presence> make_local_presence(std::shared_ptr<PresenceRoom> room) {
  return std::make_unique<LocalPresence>(std::move(room), true);
}

Result<std::unique_ptr<Presence>> open_presence(const std::string& url, const Clock& clock) {
  if (url.rfind("mysql:", 0) == 0) {
    auto address = parse_mysql_url(url);
    if (!address) return fail(address.error());
    return make_mysql_presence(std::move(*address));
  }
  if (url.rfind("etcd:", 0) != 0)
    return std::unique_ptr<Presence>(
        std::make_unique<LocalPresence>(make_presence_room(clock), false));
  auto address = parse_etcd_url(url);
  if (!address) return fail(address.error());
  return make_etcd_presence(std::move(*address));
}

}  // namespace millrace::journal
