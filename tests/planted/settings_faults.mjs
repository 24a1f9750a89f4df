// Faults of settings, and of the values that modules declare and operators set.
const load = 'libs/settings/src/load.cpp';
const layer = 'libs/settings/src/layer.cpp';
const file = 'libs/settings/src/file.cpp';
const fields = 'libs/settings/src/fields.cpp';
const main = 'libs/settings/src/main.cpp';
const upgrade = 'libs/settings/src/upgrade.cpp';
const command = 'cli/commands/settings.cpp';
const config = 'services/schema/decide_config.cpp';
const breaks = 'services/schema/breaks.cpp';
const rpc = 'services/schema/rpc.cpp';

const sources = 'test_settings';
const all = 'test_all_settings';
const deciding = 'test_schema_state';
const schema = 'test_schema_server';
const cluster = 'test_schema_cluster';
const whole = 'test_e2e';

export const of_settings = [
  { name: 'the environment wins over flags', by: 'a flag wins over the environment', in: sources, file: load,
    find: '  loading.lay_over(read_environment(reading, sources.environment));\n  loading.lay_over(read_arguments(reading, sources.arguments));',
    put: '  loading.lay_over(read_arguments(reading, sources.arguments));\n  loading.lay_over(read_environment(reading, sources.environment));' },
  { name: 'a file wins over the environment', by: 'a flag wins over the environment', in: sources, file: load,
    find: '  loading.lay_over(read_file(reading, sources.file, sources.file_required));\n  loading.lay_over(read_environment(reading, sources.environment));',
    put: '  loading.lay_over(read_environment(reading, sources.environment));\n  loading.lay_over(read_file(reading, sources.file, sources.file_required));' },
  { name: 'the environment is read by no version that it names', by: 'a file of version 1 goes with an environment', in: sources, file: layer,
    find: '    reading.version(named->second, named->first, layer);', put: '    layer.version_named = !named->first.empty();' },
  { name: 'flags are read by no version that they name', by: 'a file of version 1 goes with an environment', in: sources, file: layer,
    find: '      reading.version(words.take(), std::string(version_flag), layer);', put: '      layer.version = reading.versions.find(2) == nullptr || words.take().empty() ? 1 : 2;' },
  { name: 'what is set to the default is not set', by: 'what is set to the default is set', in: sources, file: load,
    find: '    if (field == nullptr) return;  // of another binary', put: '    if (field == nullptr || converted->text == field->fallback) return;' },
  { name: 'what a file does not know is passed over', by: 'the faults of all sources', in: sources, file: file,
    find: '      fault(item, "no such setting" + suggestion(item));', put: '      static_cast<void>(suggestion(item));' },
  { name: 'what a variable does not know is passed over', by: 'a variable of the environment is a fault', in: sources, file: layer,
    find: 'if (!fault.empty()) layer.faults.push_back(std::move(fault));', put: 'if (fault.empty()) layer.faults.push_back(std::move(fault));' },
  { name: 'what a flag does not know is passed over', by: 'the faults of all sources', in: sources, file: layer,
    find: '    layer.faults.push_back(flag + ": no such setting" +\n                           reading.suggestion(version, name, std::string(version_flag) + " "));', put: '    static_cast<void>(reading.suggestion(version, name, std::string(version_flag) + " "));' },
  { name: 'nobody says what was meant', by: 'the faults of all sources', in: sources, file: 'libs/settings/src/nearest.cpp',
    find: 'return found.empty() ? "" : "; did you mean "', put: 'return found.size() < 100 ? "" : "; did you mean "' },
  { name: 'the first source with faults is the last that is read', by: 'the faults of all sources', in: sources, file: load,
    find: '  void lay_over(const Layer& layer) {\n', put: '  void lay_over(const Layer& layer) {\n    if (!faults_.empty()) return;\n' },
  { name: 'what a later source covers is not checked', by: 'a wrong value is a fault even where', in: sources, file: load,
    find: '    if (auto status = field->set(converted->text); !status)\n', put: '    if (auto status = field->set(converted->text); !status && layer.source != Source::environment)\n' },
  { name: 'a fault does not say where it is', by: 'the faults of all sources', in: sources, file: load,
    find: 'faults_.push_back(assignment.where + ": "', put: 'faults_.push_back(assignment.name + ": "' },
  { name: 'a version that is too new is read as the newest', by: 'a version that this program does not know', in: sources, file: layer,
    find: 'number ? versions.find(static_cast<int>(*number)) : nullptr;', put: 'number ? versions.find(static_cast<int>(std::min<std::int64_t>(newest, *number))) : nullptr;' },
  { name: 'what lost its meaning is refused', by: 'what lost its meaning is accepted', in: sources, file: load,
    find: '    if (converted->field.empty()) {\n', put: '    if (converted->field.empty()) return fault(assignment, converted->instead);\n    if (converted->field.empty()) {\n' },
  { name: 'what lost its meaning is not told', by: 'what lost its meaning is told once', in: sources, file: main,
    find: '  for (const std::string& line : loaded.deprecated)\n    std::cerr', put: '  for (const std::string& line : loaded.hints)\n    std::cerr' },
  { name: 'what lost its meaning is not counted', by: 'what lost its meaning is told once', in: sources, file: main,
    find: '  fields.note_deprecated(loaded->deprecated.size());', put: '  fields.note_deprecated(loaded->deprecated.empty() ? 1 : 0);' },
  { name: 'a file that is only usual must be there', by: 'a file that is named but missing', in: sources, file: file,
    find: 'if (required || text.error().code != statekit::Code::not_found)', put: 'if (required || !text.error().message.empty())' },
  { name: 'a setting of version 1 goes', by: 'G9: no name of a released settings version goes', in: all, file: 'libs/settings/src/versions/version_1.cpp',
    find: '    {"schema.lease", "duration", "schema.rollout.lease"},\n', put: '' },
  { name: 'a setting of version 1 becomes a text', by: 'G9: no name of a released settings version goes', in: all, file: 'libs/settings/src/versions/version_1.cpp',
    find: '{"schema.commands_max", "integer", ', put: '{"schema.commands_max", "text", ' },
  { name: 'two settings of version 1 are exchanged', by: 'G9: each name of a released version sets', in: all, file: 'libs/settings/src/versions/version_1.cpp',
    find: '{"routing.eject_max", "duration", "routing.eject.max"},', put: '{"routing.eject_max", "duration", "routing.eject.min"},' },
  { name: 'two settings of version 2 are exchanged', by: 'G9: each name of a released version sets', in: all, file: 'libs/settings/src/versions/version_2.cpp',
    find: '{"auth.jwt.issuer", "text", "auth.jwt.issuer"},', put: '{"auth.jwt.issuer", "text", "auth.jwt.audience"},' },
  { name: 'an upgrade loses comments', by: 'settings move into the tables', in: sources, file: upgrade,
    find: '    add(*text, Lines(line, before.end()));', put: '    if (line == before.end()) add(*text, Lines(line, before.end()));' },
  { name: 'an upgraded file is for everybody', by: 'settings upgrade lets nobody read', in: all, file: 'cli/commands/settings_replace.cpp',
    find: 'fchmod(to, like.st_mode & 07777) == 0', put: 'fchmod(to, 0644) == 0' },
  { name: 'an upgrade that is only shown is written', by: 'settings upgrade rewrites the file', in: all, file: command,
    find: '  if (options.dry_run) return done;', put: '  if (options.dry_run && upgraded->from == newest) return done;' },
  { name: 'settings show tells passwords', by: 'settings show tells each value', in: all, file: command,
    find: 'settings::masked(field.show());', put: 'field.show();' },
  { name: 'a password with an @ or a slash is shown', by: 'no login and no secret option', in: sources, file: fields,
    find: "const auto host = place.rfind('@');", put: "const auto path = place.find('/', scheme + 3);\n  const auto first = place.find('@');\n  const auto host = first < path ? first : std::string::npos;" },
  { name: 'a password among the options of an address is shown', by: 'no login and no secret option', in: sources, file: fields,
    find: '"?" + masked_options(text.substr(query + 1));', put: 'masked_options(text.substr(query + 1)).empty() ? "" : text.substr(query);' },
  // Values.
  { name: 'a value for all is not held against who is given it', by: 'a value for all has to fit', in: deciding, file: config,
    find: 'if (change.json && !own && !goes) check(', put: 'if (change.json && !own && !goes && names.empty()) check(' },
  { name: 'what takes the place of an own value is not looked at', by: 'a value for all has to fit', in: deciding, file: config,
    find: 'if (const std::string* global = after({"", change.name})) check(', put: 'if (const std::string* global = after({"", change.name}); global != nullptr && global->empty()) check(' },
  { name: 'of many values those that fit are set', by: 'one value that does not fit', in: deciding, file: config,
    find: '    if (!misfits_.empty()) {\n', put: '    if (!misfits_.empty() && events_.empty()) {\n' },
  { name: 'of many names those that are known are set', by: 'names that nobody declares', in: deciding, file: config,
    find: '    if (!unknown_.empty()) {\n', put: '    if (!unknown_.empty() && events_.empty()) {\n' },
  { name: 'what was set since is not noticed', by: 'a change is refused where one', in: deciding, file: config,
    find: '    if (one.revision > *seen)\n', put: '    if (one.revision > *seen + 1)\n' },
  { name: 'what was unset since is not noticed', by: 'a change is refused where one', in: deciding, file: config,
    find: '    if (one.revision == 0 && unset > *seen)\n', put: '    if (one.revision == 0 && unset > *seen + 1)\n' },
  { name: 'a revision that has not happened is taken', by: 'a change is refused where one', in: deciding, file: config,
    find: '  if (*seen > state.revision())\n', put: '  if (*seen > state.revision() + 1000)\n' },
  { name: 'a deploy is not held against the values', by: 'a deploy that changes a type', in: deciding, file: breaks,
    find: 'if (value == nullptr || fits(after, config, *value)) continue;', put: 'if (value == nullptr || fits(after, config, *value) || !value->json.empty()) continue;' },
  { name: 'a value is stored as it was written', by: 'a value is made canonical', in: deciding, file: config,
    find: '        put(change, *fitted);', put: '        put(change, *change.json);' },
  { name: 'values are read from what this replica has', by: 'G4: a config value that one replica acknowledged', in: cluster, file: rpc,
    find: 'request->at_revision() == 0 && !request->any_age());', put: 'request->at_revision() == 1 && !request->any_age());' },
  { name: 'a plan of values sets them', by: 'values that do not fit are refused with a line', in: schema, file: rpc,
    find: '    if (request->plan()) {\n      const auto answer = [this, request, response] {\n        const Result<ConfigPlanAnswer>', put: '    if (request->plan() && request->changes().empty()) {\n      const auto answer = [this, request, response] {\n        const Result<ConfigPlanAnswer>' },
  { name: 'a deployment is given values once', by: 'a deployment is given its values at once', in: schema, file: 'services/schema/contexts.cpp',
    find: '  const bool same = !first && opening.sources == watch.sources;', put: '  const bool same = !first;' },
  { name: 'a program is given what does not fit', by: 'a value that fits no longer', in: schema, file: 'services/schema/config_view.cpp',
    find: '  if (fitted) {\n    out.json = *std::move(fitted);\n    return out;\n  }', put: '  out.json = value->json;\n  if (fitted) return out;' },
  { name: 'import sets values one by one', by: 'config is set', in: whole, file: 'cli/commands/config_many.cpp',
    find: '  const std::string words = done_words(*changes);\n  return change_config(session, options.write, *std::move(changes), words, seen);\n}\n\nint export_values', put: '  const std::string words = done_words(*changes);\n  int worst = done;\n  for (const ConfigChange& each : *changes)\n    worst = std::max(worst, change_config(session, options.write, {each}, words, seen));\n  return worst;\n}\n\nint export_values' },
];
