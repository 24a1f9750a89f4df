// The part of the service that shows secrets: their names to everybody, their values to who asks
// for them by name, which is told in the log and the timeline first.
#include <utility>

#include "services/schema/config_types.hpp"
#include "services/schema/service.hpp"
#include "statekit/audit_line.hpp"
#include "statekit/io/audit.hpp"
#include "statekit/utf8.hpp"

namespace millrace::schema_service {

using schema::config_name;
using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t told_bytes_max = 256;  // of what an asker says of itself

std::string told(const std::string& text) {
  return statekit::shortened(statekit::valid_utf8(text), told_bytes_max);
}

struct Sealed {
  ConfigKey asked;
  SecretValue secret;
};

Result<std::vector<Sealed>> find_all(const State& state, const std::vector<ConfigKey>& names) {
  std::vector<Sealed> found;
  std::vector<std::string> missing;
  for (const ConfigKey& key : names) {
    const SecretValue* secret =
        key.first.empty() ? state.secret(key) : state.secret_of(key.first, key.second);
    // What is for all is given to those who declare it, and to nobody else.
    const bool declared =
        secret != nullptr &&
        (secret->module == key.first || !declaring_secret(state, key.first, key.second).empty());
    if (declared)
      found.push_back({key, *secret});
    else
      missing.push_back(config_name(key.first, key.second) + " has no value");
  }
  if (missing.empty()) return found;
  return fail(Code::not_found,
              "no such secret, so none is shown: `millrace secret list` names them",
              std::move(missing));
}

void tell(const SeenSecret& seen, const Asker& asker, Revision revision) {
  statekit::audit("audit.secret-read", {{"secret", config_name(seen.module, seen.name)},
                                        {"version", seen.version},
                                        {"revision", revision},
                                        {"by", told(asker.who)},
                                        {"from", told(asker.from)},
                                        {"reason", told(asker.why)},
                                        {statekit::principal_field, told(asker.who)},
                                        {statekit::module_field, seen.module}});
}

}  // namespace

Result<SecretListAnswer> Service::secrets(const std::string& module) const {
  const auto state = machine_.read();
  return SecretListAnswer{list_secrets(*state, module), position_of(*state)};
}

Result<SeenSecrets> Service::see_secrets(const std::vector<ConfigKey>& names, const Asker& asker) {
  if (names.empty()) return fail(Code::invalid_argument, "names no secret to show");
  if (names.size() > config_changes_max)
    return fail(Code::resource_exhausted,
                std::to_string(names.size()) + " secrets are over the limit of " +
                    std::to_string(config_changes_max) + ": ask for them in several steps");
  SeenSecrets answer;
  Result<std::vector<Sealed>> found = [&] {
    const auto state = machine_.read();
    answer.position = position_of(*state);
    return find_all(*state, names);
  }();
  if (!found) return fail(std::move(found.error()));
  for (const Sealed& each : *found) {
    Result<seal::ClearText> clear = vault_->open(each.secret);
    if (!clear)
      return fail(within("opening " + config_name(each.asked.first, each.asked.second),
                         std::move(clear.error())));
    answer.secrets.push_back({each.asked.first, each.asked.second, std::move(*clear),
                              each.secret.revision, each.secret.module != each.asked.first});
  }
  for (const SeenSecret& each : answer.secrets) tell(each, asker, answer.position.revision);
  return answer;
}

}  // namespace millrace::schema_service
