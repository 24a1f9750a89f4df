// metadata-place and duplicate-metadata.

#include <set>
#include <string>
#include <utility>

#include "checker.hpp"

namespace millrace::schema {

namespace {

// Where a piece of metadata may stand; sums of these.
enum Site : unsigned {
  on_module = 1,
  on_database = 2,
  on_topic = 4,
  on_type_alias = 8,
  on_data = 32,
  on_field = 64,
  on_verb = 128,
};

struct Sites {
  unsigned operator()(const Ingress&) const { return on_verb; }
  unsigned operator()(const Alias&) const { return on_field; }
  unsigned operator()(const Encoding&) const { return on_data | on_verb; }
  unsigned operator()(const Calls&) const { return on_verb; }
  unsigned operator()(const UsesDatabases&) const { return on_verb; }
  unsigned operator()(const UsesSecrets&) const { return on_verb; }
  unsigned operator()(const UsesConfigs&) const { return on_verb; }
  unsigned operator()(const Cron&) const { return on_verb; }
  unsigned operator()(const Publish&) const { return on_verb; }
  unsigned operator()(const Subscribe&) const { return on_verb; }
  unsigned operator()(const Retry&) const { return on_verb; }
  unsigned operator()(const TypeMap&) const { return on_type_alias; }
  unsigned operator()(const Migration&) const { return on_database; }
  unsigned operator()(const Artefact&) const { return on_module; }
  unsigned operator()(const SqlColumn&) const { return on_field; }
  unsigned operator()(const SqlQuery&) const { return on_verb; }
  unsigned operator()(const Partitions&) const { return on_topic; }
  unsigned operator()(const Generated&) const {
    return on_module | on_database | on_topic | on_type_alias | on_data | on_verb;
  }
  unsigned operator()(const Git&) const { return on_module; }
  unsigned operator()(const Fixture&) const { return on_verb; }
  unsigned operator()(const Transaction&) const { return on_verb; }
  unsigned operator()(const Egress&) const { return on_verb; }
  unsigned operator()(const Image&) const { return on_module; }
};

std::string names_of(unsigned sites) {
  static constexpr std::pair<Site, const char*> names[] = {
      {on_module, "modules"}, {on_database, "databases"},
      {on_topic, "topics"},   {on_type_alias, "typealiases"},
      {on_data, "data"},      {on_field, "fields"},
      {on_verb, "verbs"}};
  std::string text;
  for (const auto& [site, name] : names) {
    if ((sites & site) != 0) text += (text.empty() ? "" : " and ") + std::string(name);
  }
  return text;
}

// What may not stand twice at one place: its kind, for a typemap its runtime too; empty: it may.
std::string once_key(const MetadataValue& value) {
  const bool repeats = std::holds_alternative<Artefact>(value) ||
                       std::holds_alternative<Image>(value) ||
                       std::holds_alternative<Egress>(value) ||
                       std::holds_alternative<Subscribe>(value);  // has a rule of its own
  if (repeats) return {};
  std::string key(keyword_of(value));
  if (const TypeMap* map = std::get_if<TypeMap>(&value)) key += " " + map->runtime;
  return key;
}

void check_site(const CheckRun& run, const Module& module, Site site,
                const std::vector<Metadata>& list) {
  std::set<std::string> seen;
  for (const Metadata& entry : list) {
    const std::string name = "+" + std::string(keyword_of(entry.value));
    const unsigned sites = std::visit(Sites{}, entry.value);
    if ((sites & site) == 0) {
      run.report.add(module, entry.spot, "metadata-place",
                     in_ticks(name) + " has no meaning on " + names_of(site) + "; it belongs on " +
                         names_of(sites));
    }
    const std::string key = once_key(entry.value);
    if (key.empty() || seen.insert(key).second) continue;
    run.report.add(module, entry.spot, "duplicate-metadata",
                   "`+" + key + "` stands twice at one place");
  }
}

}  // namespace

void check_metadata(const CheckRun& run, const Module& module) {
  check_site(run, module, on_module, module.metadata);
  for (const Database& decl : module.databases) check_site(run, module, on_database, decl.metadata);
  for (const Topic& decl : module.topics) check_site(run, module, on_topic, decl.metadata);
  for (const TypeAlias& decl : module.type_aliases) {
    check_site(run, module, on_type_alias, decl.metadata);
  }
  for (const Data& decl : module.datas) {
    check_site(run, module, on_data, decl.metadata);
    for (const Field& field : decl.fields) check_site(run, module, on_field, field.metadata);
  }
  for (const Verb& decl : module.verbs) check_site(run, module, on_verb, decl.metadata);
}

}  // namespace millrace::schema
