#include "access/io/door.hpp"

#include <iostream>
#include <utility>

#include "access/io/faults.hpp"
#include "statekit/io/certificates.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/log.hpp"

namespace millrace::access {

namespace {

int failed(const statekit::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return 1;
}

}  // namespace

settings::Binary Door::binary(std::string name, std::string about,
                              std::function<std::vector<std::string>()> more_faults) const {
  const auto faults = [this, more = std::move(more_faults)] {
    std::vector<std::string> all = faults_of(*fields_, auth_, *tls_);
    if (more)
      for (std::string& each : more()) all.push_back(std::move(each));
    return all;
  };
  return {std::move(name), std::move(about), {}, faults, [this] { return warnings_of(*tls_); }};
}

std::optional<int> Door::open() {
  const std::vector<std::string> faults = peers_in_clear(*fields_, auth_, *tls_);
  for (const std::string& each : faults) std::cerr << "error: " << each << '\n';
  if (!faults.empty()) return 1;
  return open(auth_, *tls_, {});
}

std::optional<int> Door::open(settings::Auth auth, const settings::Tls& tls,
                              const std::string& data) {
  if (auth.mode == "required" && auth.bootstrap_token_file.empty() && !data.empty()) {
    const auto made = make_bootstrap_file(data);
    if (!made) return failed(made.error());
    auth.bootstrap_token_file = *made;
    statekit::log_info("access.bootstrap",
                       {{"file", *made},
                        {"hint",
                         "its bearer is an admin: make tokens with `millrace token create "
                         "--token-file FILE`, then keep it away"}});
  }
  auto trusted = trusted_by(auth);
  if (!trusted) return failed(trusted.error());
  trusted_ = std::move(*trusted);
  if (trusted_.own == nullptr) return std::nullopt;
  // What was drawn here is known here alone: nobody else is shown it.
  statekit::show_tokens([own = trusted_.own] { return own->shown(); },
                        {.leaves_process = !auth.token_file.empty(),
                         .in_clear = tls.insecure,
                         .remedy = token_remedy});
  return std::nullopt;
}

void Door::watch(statekit::Program& program, const tls::Doors& doors) const {
  statekit::watch_certificates(program, doors);
  watch_own_tokens(program, trusted_.own);
}

}  // namespace millrace::access
