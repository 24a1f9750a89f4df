#include "access/io/jwt_door.hpp"

#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "jwt_keys.hpp"
#include "statekit/io/log.hpp"

namespace millrace::access {

using statekit::Code;
using statekit::Digest;
using statekit::fail;
using statekit::MonoMs;
using statekit::Result;
using statekit::WallMs;

namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(jwks_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || file.gcount() == 0)
    return fail(Code::failed_precondition, "it cannot be read, or is empty");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > jwks_bytes_max)
    return fail(Code::failed_precondition,
                "it is larger than " + std::to_string(jwks_bytes_max) + " bytes");
  return text;
}

// Two generations, so that the oldest half goes when it is full.
class Verified {
 public:
  std::optional<JwtClaims> find(const Digest& token) const {
    for (const auto* each : {&young_, &old_})
      if (const auto found = each->find(token); found != each->end()) return found->second;
    return std::nullopt;
  }
  void put(const Digest& token, JwtClaims claims) {
    if (young_.size() >= jwt_verified_max / 2) old_ = std::exchange(young_, {});
    young_.insert_or_assign(token, std::move(claims));
  }
  void clear() {
    young_.clear();
    old_.clear();
  }

 private:
  std::map<Digest, JwtClaims> young_, old_;
};

class FileDoor final : public JwtDoor {
 public:
  explicit FileDoor(const settings::Jwt& settings)
      : path_(settings.keys),
        rules_{settings.issuer, settings.audience, settings.prefix, settings.leeway_ms},
        names_{settings.subject_claim, settings.groups_claim} {}

  statekit::Status start() {
    auto text = read_file(path_);
    if (!text) return fail(text.error());
    auto keys = JwtKeys::read(*text);
    if (!keys) return fail(keys.error());
    keys_ = std::move(*keys);
    text_ = std::move(*text);
    return {};
  }

  bool knows(std::string_view text) const override {
    const std::lock_guard lock(mutex_);
    return verified_.find(statekit::sha256(text)).has_value();
  }

  Result<JwtBearer> bearer(std::string_view text, WallMs wall_ms, MonoMs mono_ms) override {
    look(mono_ms);
    if (auto form = check_jwt_form(text); !form) return fail(form.error());
    const Digest token = statekit::sha256(text);
    std::optional<JwtClaims> claims;
    std::shared_ptr<const JwtKeys> keys;
    {
      const std::lock_guard lock(mutex_);
      claims = verified_.find(token);
      keys = keys_;
    }
    if (!claims) {
      auto fresh = keys->verify(text, names_);
      if (!fresh) return fail(fresh.error());
      claims = *std::move(fresh);
      const std::lock_guard lock(mutex_);
      if (keys == keys_) verified_.put(token, *claims);
    }
    return check_jwt_claims(*claims, rules_, wall_ms);
  }

 private:
  // One who asks reads the file; the others go on with what is known.
  void look(MonoMs now) {
    const std::unique_lock looking(looking_, std::try_to_lock);
    if (!looking.owns_lock()) return;
    if (looked_at_ && now - *looked_at_ < jwks_look_ms) return;
    looked_at_ = now;
    auto text = read_file(path_);
    if (text && *text == text_) {
      wrong_.clear();
      return;
    }
    if (!text) return say_wrong(text.error().message);
    auto keys = JwtKeys::read(*text);
    if (!keys) return say_wrong(keys.error().message);
    text_ = *std::move(text);
    wrong_.clear();
    statekit::log_info("access.jwt-keys-changed", {{"file", path_}, {"keys", (*keys)->size()}});
    const std::lock_guard lock(mutex_);
    keys_ = *std::move(keys);
    verified_.clear();  // what a key that is gone has signed is not believed any more
  }

  void say_wrong(const std::string& why) {
    if (why == wrong_) return;
    wrong_ = why;
    statekit::log_warn(
        "access.jwt-keys-wrong",
        {{"file", path_}, {"why", why}, {"hint", "the keys that were read before stay in force"}});
  }

  const std::string path_;
  const JwtRules rules_;
  const ClaimNames names_;

  std::mutex looking_;  // guards what only who looks at the file touches
  std::optional<MonoMs> looked_at_;
  std::string text_;
  std::string wrong_;

  mutable std::mutex mutex_;
  std::shared_ptr<const JwtKeys> keys_;
  Verified verified_;
};

}  // namespace

bool JwtDoor::is_jwt(std::string_view text) {
  const std::size_t first = text.find('.');
  return first != std::string_view::npos && text.find('.', first + 1) != std::string_view::npos;
}

Result<std::shared_ptr<JwtDoor>> JwtDoor::open(const settings::Jwt& settings) {
  for (const auto& [value, name] : {std::pair{&settings.issuer, "auth.jwt.issuer"},
                                    std::pair{&settings.audience, "auth.jwt.audience"},
                                    std::pair{&settings.subject_claim, "auth.jwt.subject_claim"}})
    if (value->empty())
      return fail(Code::failed_precondition,
                  std::string("auth.jwt.keys is set and ") + name +
                      " is empty: a token that was meant for others would be believed");
  auto door = std::make_shared<FileDoor>(settings);
  if (auto started = door->start(); !started)
    return fail(within("auth.jwt.keys, " + settings.keys, started.error()));
  return std::shared_ptr<JwtDoor>(std::move(door));
}

}  // namespace millrace::access
