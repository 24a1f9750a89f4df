#include "cli/run/keeper.hpp"

#include "cli/client/connect.hpp"
#include "cli/client/replicas.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Error;
using statekit::Status;

namespace {

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
  answers_seen_ = 0;
  hearing_.opened(now_ms);
}

Status Keeper::turn(std::int64_t now_ms) {
  if (registration_) {
    // Counted first: what comes between is seen at the next turn.
    const std::uint64_t answers = registration_->answers();
    const auto heard = registration_->heard();
    if (heard) {
      if (auto status = heed(*heard); !status) return status;
    }
    if (answers > answers_seen_ && heard) hearing_.answered(now_ms, heard->lease_ms);
    answers_seen_ = answers;
    if (const auto why = registration_->ended()) return reopen(*why, now_ms);
  }
  switch (hearing_.next(now_ms)) {
    case Hearing::Step::wait: break;
    case Hearing::Step::open: open(now_ms); break;
    case Hearing::Step::renew:
      registration_->renew(leaving_);
      hearing_.renewed(now_ms);
      break;
    case Hearing::Step::leave: return reopen(silence(now_ms), now_ms);
  }
  return {};
}

// It may be alive and out of reach, or out of breath. Ended from here its stream does not take the
// endpoint out.
Error Keeper::silence(std::int64_t now_ms) const {
  return {Code::unavailable,
          "the schema service at " + schema_[(next_ - 1) % schema_.size()] +
              " has said nothing for " + std::to_string(hearing_.silent_ms(now_ms)) + " ms",
          {}};
}

Status Keeper::heed(const Heard& heard) {
  if (heard.directive == Directive::stop) {
    return statekit::fail(Code::failed_precondition,
                          heard.reason.empty() ? "the deployment is gone" : heard.reason);
  }
  if (!registered_) say_("registered as " + heard.endpoint + " at " + offer_.address);
  registered_ = true;
  const bool drain = heard.directive == Directive::drain && !leaving_;
  if (drain && !draining_) {
    say_("replaced by a newer deployment: it finishes what is in flight and stays for a rollback");
  }
  if (!drain && draining_ && !leaving_) say_("serving again");
  draining_ = drain;
  return {};
}

Status Keeper::reopen(const Error& why, std::int64_t now_ms) {
  if (is_final(why.code)) return statekit::fail(why);
  if (registered_) say_("lost the schema service, trying again: " + why.message);
  registered_ = false;
  registration_.reset();
  hearing_.lost(now_ms, statekit::random_fraction());
  return {};
}

bool Keeper::leave(std::int64_t now_ms) {
  if (!registration_ || registration_->ended()) return true;
  if (!leaving_) {
    leaving_ = true;
    answers_before_leaving_ = registration_->answers();
    if (answers_before_leaving_ == 0) return true;  // it never was registered
    registration_->renew(true);
    hearing_.renewed(now_ms);
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
