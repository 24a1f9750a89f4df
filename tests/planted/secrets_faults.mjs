// Faults of secrets: what they are bound to, keys that change, who is told, what is shown.
const seal = 'libs/seal/src/seal.cpp';
const keyring = 'libs/seal/src/keyring.cpp';
const keyring_file = 'libs/seal/src/keyring_file.cpp';
const kms = 'libs/seal/src/kms.cpp';
const vault = 'services/schema/vault.cpp';
const sealing = 'services/schema/service_secrets.cpp';
const rotating = 'services/schema/service_rotate.cpp';
const seeing = 'services/schema/service_see.cpp';
const contexts = 'services/schema/contexts.cpp';
const reactor = 'services/schema/context_reactor.cpp';
const rules = 'services/schema/decide_secrets.cpp';
const console = 'services/console/state.cpp';

const sealed = 'test_seal';
const deciding = 'test_schema_state';
const schema = 'test_schema_server';
const cluster = 'test_schema_cluster';
const whole = 'test_e2e';

export const of_secrets = [
  // What a value is bound to.
  ...['workspace', 'module', 'name'].map((part) => ({
    name: `a value is not bound to its ${part}`, by: 'G10: a value that was moved to another place', in: sealed, file: seal,
    find: `place.${part}, `, put: '"", ' })),
  { name: 'a value is not bound to its id', by: 'G10: each of the two layers is bound', in: sealed, file: seal,
    find: 'place.name, id});', put: 'place.name, id.substr(0, 0)});' },
  { name: 'a data key is bound to nothing', by: 'G10: each value has a data key of its own', in: sealed, file: seal,
    find: 'return joined({"millrace data key 1", id});', put: 'return joined({"millrace data key 1", id.substr(0, 0)});' },
  { name: 'secrets of one cluster open in another on the same store', by: 'G10: the secrets of one workspace do not open in another', in: schema, file: vault,
    find: 'const std::string name = place.substr(place.rfind(\'/\') + 1);', put: 'const std::string name = place.substr(0, place.find(\':\'));' },
  { name: 'secrets of workspaces in a database are bound to its options too', by: 'G10: the secrets of one workspace do not open in another', in: schema, file: vault,
    find: 'journal.substr(0, journal.find_first_of("?#"));', put: 'journal;' },
  // What it is wrapped by.
  { name: 'one data key for all', by: 'G10: each value has a data key of its own', in: sealed, file: seal,
    find: 'const ClearText data_key(random_octets(key_bytes));', put: 'static const std::string once = random_octets(key_bytes);\n  const ClearText data_key{std::string(once)};' },
  { name: 'the tag of a box is not checked', by: 'G10: a value whose id', in: sealed, file: seal,
    find: 'good = good && EVP_DecryptFinal_ex(context.get(), out + sealed.size(), &length) == 1;', put: 'if (good) EVP_DecryptFinal_ex(context.get(), out + sealed.size(), &length);' },
  { name: 'a keyring that its group can read is taken', by: 'a keyring that others can read', in: sealed, file: keyring_file,
    find: 'if ((there.st_mode & 077) != 0)', put: 'if ((there.st_mode & 007) != 0)' },
  { name: 'a keyring is wrapped by its last key', by: 'a data key that is wrapped anew opens', in: sealed, file: keyring,
    find: 'data_key.view()), keys_.front().id};', put: 'data_key.view()), keys_.back().id};' },
  { name: 'the active key is forgotten', by: 'new keys come first', in: sealed, file: keyring,
    find: 'if (key == keys_.begin())\n', put: 'if (keys_.size() == 1)\n' },
  { name: 'a keyring is read once', by: 'a key that is lost', in: sealed, file: keyring_file,
    find: 'if (!keys.empty() && same(there, read_)) return {};', put: 'if (!keys.empty() && (same(there, read_) || there.st_size >= 0)) return {};' },
  { name: 'what a KMS wrapped is not unwrapped before it is stored', by: 'a KMS that cannot give back', in: sealed, file: kms,
    find: 'const Result<ClearText> again = unwrap(wrapped, bound_to);', put: 'const Result<ClearText> again = bound_to.empty() ? unwrap(wrapped, bound_to) : Result<ClearText>(ClearText(std::string(data_key.view())));' },
  { name: 'what a KMS says in an error is told', by: 'G10: a KMS that refuses', in: sealed, file: kms,
    find: '": its own log says why");', put: '": " + status.error_message());' },
  { name: 'off loopback a keyring is made', by: 'a keyring that others can read seals nothing', in: schema, file: vault,
    find: 'if (settings.keyring.empty() && !listens_on_loopback(settings))', put: 'if (!settings.keyring.empty() && !listens_on_loopback(settings))' },
  { name: 'a keyring that was named is made', by: 'a keyring that is named is not made', in: schema, file: vault,
    find: 'options.make = make && settings.keyring.empty();', put: 'options.make = make;' },
  // Keys that change.
  { name: 'a key is forgotten that something needs', by: 'G10: a key that a secret needs still', in: schema, file: rotating,
    find: 'if (key == answer.active_key || answer.needed.contains(key)) continue;', put: 'if (key == answer.active_key) continue;' },
  { name: 'what still needs an old key is counted before it is wrapped anew', by: 'keys are rotated', in: schema, file: rotating,
    find: '    for (const SecretValue& secret : under_other_keys(*state, answer.active_key))\n', put: '    for (const SecretValue& secret : under_other_keys(*state, ""))\n' },
  { name: 'what is wrapped by the active key is wrapped anew', by: 'keys are rotated', in: schema, file: rotating,
    find: '    if (secret.key_id != active) found.push_back(secret);', put: '    if (!active.empty()) found.push_back(secret);' },
  { name: 'a key is forgotten while something is sealed by it', by: 'G10: no key is forgotten while a secret is being sealed', in: schema, file: rotating,
    find: 'if (forget && sealing_ > 0)', put: 'if (forget && sealing_ < 0)' },
  { name: 'a secret that cannot be wrapped anew ends a rotation', by: 'a lost key is named', in: schema, file: rotating,
    find: '    if (!rewrapped)\n      answer.failures', put: '    if (!rewrapped) return fail(rewrapped.error());\n    if (!rewrapped)\n      answer.failures' },
  { name: 'a rotation gives a secret that was set meanwhile the key of the one before', by: 'what was set anew while keys were rotated', in: deciding, file: rules,
    find: 'if (secret != nullptr && secret->id == each.id && secret->key_id', put: 'if (secret != nullptr && secret->key_id' },
  { name: 'a rotation is one commit', by: 'G10: a rotation that is killed between two secrets', in: whole, file: rotating,
    find: 'constexpr std::size_t rewraps_in_commit_max = 100;', put: 'constexpr std::size_t rewraps_in_commit_max = 1'+"'"+'000;' },
  { name: 'a rotation forgets what another replica has set', by: 'G10: a key that a secret of another replica needs', in: cluster, file: rotating,
    find: '  auto at = at_head({});', put: '  statekit::Result<ReadAt> at = ReadAt{};' },
  // Keyrings that are shared, lost or others.
  { name: 'a keyring is changed without a lock', by: 'two processes that change one keyring', in: sealed, file: keyring_file,
    find: 'if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;', put: 'if (file.fd() >= 0) return file;' },
  { name: 'what a killed process left of a keyring stays', by: 'a process that is killed while it changes', in: sealed, file: keyring_file,
    find: '  remove_leftovers();\n  std', put: '  std' },
  { name: 'a keyring is made whatever it is needed for', by: 'no keyring is made in the place', in: sealed, file: keyring,
    find: 'if (options_.may_make)', put: 'if (options_.may_make && keys_.size() > keyring_keys_max)' },
  { name: 'a keyring is made while secrets are stored', by: 'G10: a lost keyring is asked for', in: schema, file: rotating,
    find: '  if (needed.empty()) return {};', put: '  return {};' },
  { name: 'a rotation looks at the name of a key alone', by: 'G10: another key under the active', in: schema, file: rotating,
    find: 'if (!own.empty() && answer.failures.size() == own.size())', put: 'answer.failures.clear();\n  if (own.empty() && !answer.failures.empty())' },
  { name: 'secrets are sealed with any key of the name', by: 'G10: another key under the active', in: schema, file: rotating,
    find: '  if (wrong) return {};', put: '  if (!key_id.empty()) return {};' },
  { name: 'who asks for config alone is given secrets', by: 'G10: who asks for config alone', in: schema, file: reactor,
    find: 'request.config_only()', put: 'false' },
  // Who is told.
  { name: 'to read a secret is told to nobody', by: 'G10: a secret is shown to who asks', in: schema, file: seeing,
    find: '  for (const SeenSecret& each : answer.secrets) tell(each, asker, answer.position.revision);\n', put: '  if (answer.secrets.empty()) tell({}, asker, answer.position.revision);\n' },
  { name: 'of many secrets that were read the first is told', by: 'G10: each of many secrets', in: schema, file: seeing,
    find: '  for (const SeenSecret& each : answer.secrets) tell(each, asker, answer.position.revision);\n', put: '  tell(answer.secrets.front(), asker, answer.position.revision);\n' },
  { name: 'why a secret is read is not told', by: 'G10: a secret is shown to who asks', in: schema, file: seeing,
    find: '{"reason", told(asker.why)}', put: '{"reason", told({})}' },
  { name: 'what a deployment is given is told to nobody', by: 'G10: a deployment that is given its secrets', in: schema, file: contexts,
    find: 'if (!given.empty() && given != watch.secrets)\n', put: 'if (given.empty() && given != watch.secrets)\n' },
  { name: 'what a deployment is given is told again at each change', by: 'G10: what a deployment is given is told once', in: schema, file: contexts,
    find: 'if (!given.empty() && given != watch.secrets)\n', put: 'if (!given.empty())\n' },
  { name: 'audits are left out in a flood', by: 'G10: what is audited is told even in a flood', in: 'test_timeline_publisher', file: 'libs/statekit/src/io/timeline_log.cpp',
    find: 'if (audit_kind(event) != AuditKind::none) return', put: 'if (audit_kind(event) != AuditKind::none && false) return' },
  { name: 'audits obey the level of the log', by: 'G10: a secret is shown to who asks', in: schema, file: 'libs/statekit/src/io/log.cpp',
    find: 'void audit(std::string_view event, LogFields fields) { write(', put: 'void audit(std::string_view event, LogFields fields) { log_warn(event, fields); if (event.empty()) write(' },
  // Who is given, and what is shown.
  { name: 'a deployment whose key is back is not given its secret', by: 'a deployment whose secret cannot be opened', in: schema, file: contexts,
    find: '    if (retry)\n', put: '    if (retry && stopping_)\n' },
  { name: 'a value that refuses a secret is shown', by: 'G10: what refuses a secret', in: schema, file: sealing,
    find: '  options.hide_values = true;', put: '  options.hide_values = false;' },
  { name: 'a value that fits its type no longer is shown', by: 'G10: a secret that fits its type no longer', in: schema, file: contexts,
    find: '  options.hide_values = true;', put: '  options.hide_values = false;' },
  { name: 'a secret for all is shown for a module that does not declare it', by: 'a secret for all is shown', in: schema, file: seeing,
    find: '(secret->module == key.first || !declaring_secret(state, key.first, key.second).empty());', put: '!secret->name.empty();' },
  { name: 'of many secrets those are shown that there are', by: 'a secret for all is shown', in: schema, file: seeing,
    find: '  if (missing.empty()) return found;', put: '  if (missing.size() < names.size()) return found;' },
  { name: 'what was checked of a secret is not what is there', by: 'a secret is judged again where who declares it changed', in: deciding, file: rules,
    find: '  if (!std::equal(declared.begin(), declared.end(), command.checked.begin(), command.checked.end()))', put: '  if (command.checked.size() > declared.size())' },
  { name: 'a plan makes a keyring', by: 'G10: a plan checks secrets', in: schema, file: sealing,
    find: '  if (until == nullptr) return command;', put: '  if (until == nullptr && !vault_->seal({}, {}, seal::ClearText(std::string(1, \'7\')))) return command;\n  if (until == nullptr) return command;' },
  { name: 'if_revision of secrets is not looked at', by: 'secrets are changed only as they were seen', in: schema, file: rules,
    find: 'if (statekit::Status fresh = check_revision(state, command); !fresh) return', put: 'if (statekit::Status fresh = check_revision(state, command); !fresh && command.changes.empty()) return' },
  { name: 'the console keeps what is sealed', by: 'G10: the console knows what values stand at', in: 'test_console_state', file: console,
    find: '  secret.box.clear();', put: '  if (secret.name.empty()) secret.box.clear();' },
  { name: 'the console keeps wrapped keys', by: 'G10: the console knows what values stand at', in: 'test_console_state', file: console,
    find: '  secret.wrapped_key.clear();', put: '  if (secret.name.empty()) secret.wrapped_key.clear();' },
  { name: 'the values of a deployment are no newer than what this replica has', by: 'G4: a config value that one replica acknowledged', in: cluster, file: reactor,
    find: '      auto at = service.at_head({});', put: '      statekit::Result<ReadAt> at = ReadAt{};' },
];
