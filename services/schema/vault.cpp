#include "services/schema/vault.hpp"

#include <utility>

#include "seal/keyring.hpp"
#include "seal/kms.hpp"
#include "statekit/io/log.hpp"

namespace millrace::schema_service {

using schema::SecretValue;
using statekit::fail;
using statekit::Result;

namespace {

// Secrets are bound to it, so that those of one cluster do not open in another that shares a store.
// Those of a journal over HTTP were bound to `default` once, and open as well.
std::vector<std::string> workspaces_of(const std::string& journal) {
  const std::string engine = journal.substr(0, journal.find("://"));
  const bool over_http = engine == "http" || engine == "https";
  if (!over_http && engine != "etcd" && engine != "mysql") return {"default"};
  // Behind the last slash: where a database is named too, it is not part of it.
  std::string place = journal.substr(0, journal.find_first_of("?#"));
  if (place.ends_with('/')) place.pop_back();  // as the driver does
  const std::string name = place.substr(place.rfind('/') + 1);
  return over_http ? std::vector<std::string>{name, "default"} : std::vector<std::string>{name};
}

void tell_of_keyring(const std::string& path) {
  statekit::log_warn(
      "schema.keyring-made",
      {{"path", path}, {"hint", "keep a copy in a safe place: without it the secrets are lost"}});
}

}  // namespace

Vault::Vault(std::unique_ptr<seal::KeyProvider> keys, std::string why_none,
             std::vector<std::string> workspaces)
    : keys_(std::move(keys)), why_none_(std::move(why_none)), workspaces_(std::move(workspaces)) {}

Result<seal::KeyProvider*> Vault::keys() {
  if (keys_ == nullptr) return fail(statekit::Code::failed_precondition, why_none_);
  return keys_.get();
}

Result<SecretValue> Vault::seal(const std::string& module, const std::string& name,
                                const seal::ClearText& value) {
  const Result<seal::KeyProvider*> provider = keys();
  if (!provider) return fail(provider.error());
  Result<seal::Sealed> sealed = seal::seal(**provider, {workspaces_.front(), module, name}, value);
  if (!sealed) return fail(std::move(sealed.error()));
  SecretValue secret;
  secret.module = module;
  secret.name = name;
  secret.id = std::move(sealed->id);
  secret.box = std::move(sealed->box);
  secret.wrapped_key = std::move(sealed->key.key);
  secret.key_id = std::move(sealed->key.key_id);
  secret.fingerprint = std::move(sealed->fingerprint);
  return secret;
}

Result<seal::ClearText> Vault::open(const SecretValue& secret) {
  const Result<seal::KeyProvider*> provider = keys();
  if (!provider) return fail(provider.error());
  const seal::Sealed sealed{
      secret.id, secret.box, {secret.wrapped_key, secret.key_id}, secret.fingerprint};
  Result<seal::ClearText> clear =
      seal::open(**provider, {workspaces_.front(), secret.module, secret.name}, sealed);
  for (std::size_t i = 1; i < workspaces_.size() && !clear; ++i)
    if (auto other = seal::open(**provider, {workspaces_[i], secret.module, secret.name}, sealed))
      return other;
  return clear;
}

Result<schema::SecretRewrapped> Vault::rewrap(const SecretValue& secret) {
  const Result<seal::KeyProvider*> provider = keys();
  if (!provider) return fail(provider.error());
  Result<seal::Wrapped> wrapped =
      seal::rewrap(**provider, secret.id, {secret.wrapped_key, secret.key_id});
  if (!wrapped) return fail(std::move(wrapped.error()));
  return schema::SecretRewrapped{secret.module, secret.name, secret.id, std::move(wrapped->key),
                                 std::move(wrapped->key_id)};
}

namespace {

// Beside a KMS a keyring only opens what was sealed before.
std::unique_ptr<seal::KeyProvider> keyring_of(const Settings& settings, bool make,
                                              std::function<statekit::Status()> may_make = {}) {
  seal::KeyringOptions options;
  options.path = settings.keyring.empty() ? settings.data + "/keyring" : settings.keyring;
  options.make = make && settings.keyring.empty();
  options.on_made = tell_of_keyring;
  options.may_make = std::move(may_make);
  return seal::open_keyring(std::move(options));
}

}  // namespace

std::unique_ptr<Vault> make_vault(const Settings& settings,
                                  std::function<statekit::Status()> may_make_keyring) {
  const std::vector<std::string> workspaces = workspaces_of(journal_url(settings));
  if (!settings.kms.empty()) {
    seal::KmsOptions options;
    options.socket = settings.kms;
    options.call_ms_max = settings.kms_ms_max;
    auto kms = seal::open_kms(std::move(options), keyring_of(settings, false));
    if (kms) return std::make_unique<Vault>(std::move(*kms), "", workspaces);
    return std::make_unique<Vault>(nullptr, "schema.secrets.kms: " + kms.error().message,
                                   workspaces);
  }
  if (settings.keyring.empty() && !listens_on_loopback(settings))
    return std::make_unique<Vault>(nullptr,
                                   "there is no key to seal secrets with: name a keyring "
                                   "(schema.secrets.keyring) or a KMS (schema.secrets.kms); one is "
                                   "made by itself only where schema.listen is a loopback address",
                                   workspaces);
  return std::make_unique<Vault>(keyring_of(settings, true, std::move(may_make_keyring)), "",
                                 workspaces);
}

std::vector<std::string> faults_of(const Settings& settings) {
  std::vector<std::string> faults;
  if (!settings.keyring.empty())
    if (const auto key = keyring_of(settings, false)->active(); !key)
      faults.push_back("schema.secrets.keyring: " + key.error().message);
  return faults;
}

}  // namespace millrace::schema_service
