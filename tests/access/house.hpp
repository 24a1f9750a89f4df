// A gate without a network, a book that tests write into, and a clock that stands still.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/io/gate.hpp"
#include "support/manual_clock.hpp"

namespace millrace::test {

using namespace millrace::access;

inline const std::string deploys = "/millrace.v2alpha1.SchemaService/CreateChangeset";
inline const std::string looks = "/millrace.v2alpha1.SchemaService/GetSchema";
inline const std::string follows = "/millrace.v2alpha1.SchemaService/Subscribe";

inline std::string token_text(char letter) {
  return "mlr_" + std::string(10, letter) + "_" + std::string(52, letter);
}

class House {
 public:
  House() {
    trusted.required = true;
    trusted.own = OwnTokens::of(token_text('o'));
    trusted.bootstrap = millrace::statekit::sha256(token_text('b'));
    trusted.service_identities = {"router.internal"};
    give('a', "ada", {{Role::viewer, {}}});
  }

  void give(char letter, const std::string& principal, std::vector<RoleBinding> roles) {
    const std::lock_guard lock(mutex);
    Token token;
    token.id = std::string(10, letter);
    token.hash = millrace::statekit::sha256(token_text(letter));
    token.principal = principal;
    book.put(token);
    book.put(Grant{principal, std::move(roles), 0, "", 0});
  }
  void revoke(char letter) {
    const std::lock_guard lock(mutex);
    book.revoke(std::string(10, letter));
  }

  Gate& gate() {
    if (!gate_)
      gate_ = std::make_unique<Gate>(
          trusted,
          [this](const auto& use) {
            const std::lock_guard lock(mutex);
            use(book);
          },
          clock, [this](const Denied& denied) { told.push_back(denied); }, limits);
    return *gate_;
  }

  std::string verdict(const Arrival& arrival) {
    const auto caller = gate().admit(arrival);
    return caller ? caller->name : std::string(name_of(caller.error().code));
  }

  GateLimits limits{{.burst_max = 3, .per_second_max = 0}, 1, {.free_max = 1'000}};
  Trusted trusted;
  std::mutex mutex;
  Book book;
  ManualClock clock;
  std::vector<Denied> told;

 private:
  std::unique_ptr<Gate> gate_;
};

inline Arrival with_token(const std::string& method, char letter) {
  Arrival arrival;
  arrival.method = method;
  arrival.authorization = "Bearer " + token_text(letter);
  arrival.from = "ipv4:127.0.0.1:1";
  return arrival;
}

}  // namespace millrace::test
