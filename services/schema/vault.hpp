// Vault: the one place of the schema service that sees secrets in clear: it seals what is set and
// opens what a deployment is given. Made by the service; thread safe; may block on the keys.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "schema/change.hpp"
#include "seal/seal.hpp"
#include "services/schema/settings.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

class Vault {
 public:
  // `keys` null: there are none, for the reason in `why_none`. What is sealed is bound to the first
  // workspace; what is bound to any of them opens.
  Vault(std::unique_ptr<seal::KeyProvider> keys, std::string why_none,
        std::vector<std::string> workspaces);

  statekit::Result<schema::SecretValue> seal(const std::string& module, const std::string& name,
                                             const seal::ClearText& value);
  statekit::Result<seal::ClearText> open(const schema::SecretValue& secret);
  // Under the active key.
  statekit::Result<schema::SecretRewrapped> rewrap(const schema::SecretValue& secret);

  // FailedPrecondition where there is none.
  statekit::Result<seal::KeyProvider*> keys();

 private:
  const std::unique_ptr<seal::KeyProvider> keys_;
  const std::string why_none_;
  const std::vector<std::string> workspaces_;
};

// With the KMS or the keyring that the settings name, or the keyring in the data folder. That one
// is made when something is first sealed, where `may_make_keyring` says that nothing is sealed yet;
// it is asked on the thread that seals, and may block. None: nothing is.
std::unique_ptr<Vault> make_vault(const Settings& settings,
                                  std::function<statekit::Status()> may_make_keyring = {});

// What is wrong with the keys that the settings name, a line each, for --check-settings.
std::vector<std::string> faults_of(const Settings& settings);

}  // namespace millrace::schema_service
