#include "cli/run/keeper.hpp"

#include <algorithm>

#include "cli/client/connect.hpp"
#include "cli/client/replicas.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Error;
using statekit::Status;

namespace {

constexpr std::int64_t backoff_ms_min = 200;
constexpr std::int64_t backoff_ms_max = 2'000;
// How long somebody who was let in before is not known any more, before that counts: a token that
// expires is exchanged by whoever writes its file, which may be a little late.
constexpr std::int64_t unknown_ms_max = 60'000;

// Nothing that a new stream could mend.
bool is_final(Code code) {
  return code == Code::not_found || code == Code::failed_precondition ||
         code == Code::invalid_argument || code == Code::permission_denied ||
         code == Code::unauthenticated;
}

}  // namespace

Keeper::Keeper(const std::string& schema_addresses, EndpointOffer offer, Say say)
    : schema_(replicas_of(schema_addresses)), offer_(std::move(offer)), say_(std::move(say)) {}

void Keeper::open(std::int64_t now_ms) {
  const std::string& address = schema_[next_++ % schema_.size()];
  registration_ = std::make_unique<Registration>(connect(address), offer_);
  renewed_ms_ = now_ms;
}

Status Keeper::turn(std::int64_t now_ms) {
  if (!registration_) {
    if (now_ms >= reopen_ms_) open(now_ms);
    return {};
  }
  const auto heard = registration_->heard();
  if (heard) {
    if (auto status = heed(*heard); !status) return status;
  }
  if (const auto why = registration_->ended()) return reopen(*why, now_ms);
  if (heard && now_ms - renewed_ms_ >= heard->lease_ms / 3) {
    registration_->renew(leaving_);
    renewed_ms_ = now_ms;
  }
  return {};
}

Status Keeper::heed(const Heard& heard) {
  if (heard.directive == Directive::stop) {
    return statekit::fail(Code::failed_precondition,
                          heard.reason.empty() ? "the deployment is gone" : heard.reason);
  }
  if (!registered_) say_("registered as " + heard.endpoint + " at " + offer_.address);
  registered_ = was_registered_ = true;
  unknown_since_ms_.reset();
  backoff_ms_ = 0;
  const bool drain = heard.directive == Directive::drain && !leaving_;
  if (drain && !draining_) {
    say_("replaced by a newer deployment: it finishes what is in flight and stays for a rollback");
  }
  if (!drain && draining_ && !leaving_) say_("serving again");
  draining_ = drain;
  return {};
}

bool Keeper::may_be_known_again(Code code, std::int64_t now_ms) {
  if (code != Code::unauthenticated || !was_registered_) return false;
  if (!unknown_since_ms_) unknown_since_ms_ = now_ms;
  backoff_ms_ = backoff_ms_max;  // each try is one of those that slow others down
  return now_ms - *unknown_since_ms_ < unknown_ms_max;
}

Status Keeper::reopen(const Error& why, std::int64_t now_ms) {
  if (is_final(why.code) && !may_be_known_again(why.code, now_ms)) return statekit::fail(why);
  if (registered_) say_("lost the schema service, trying again: " + why.message);
  registered_ = false;
  registration_.reset();
  backoff_ms_ = std::clamp(backoff_ms_ * 2, backoff_ms_min, backoff_ms_max);
  reopen_ms_ = now_ms + static_cast<std::int64_t>(static_cast<double>(backoff_ms_) *
                                                  (0.5 + statekit::random_fraction() / 2));
  return {};
}

bool Keeper::leave(std::int64_t now_ms) {
  if (!registration_ || registration_->ended()) return true;
  if (!leaving_) {
    leaving_ = true;
    answers_before_leaving_ = registration_->answers();
    if (answers_before_leaving_ == 0) return true;  // it never was registered
    registration_->renew(true);
    renewed_ms_ = now_ms;
  }
  const auto heard = registration_->heard();
  // The answer to an earlier renewal says nothing of leaving.
  return registration_->answers() > answers_before_leaving_ &&
         (heard->revision > 0 || heard->directive == Directive::drain);
}

std::uint64_t Keeper::left_at() const {
  const auto heard = registration_ ? registration_->heard() : std::nullopt;
  return heard ? heard->revision : 0;
}

}  // namespace millrace::cli
