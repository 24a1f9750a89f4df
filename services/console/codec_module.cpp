#include "services/console/codec_module.hpp"

#include "schema/builtin.hpp"
#include "schema/text.hpp"
#include "v2alpha1/console.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (&line != &lines.front()) text += '\n';
    text += line;
  }
  return text;
}

// As a person writes it inside the module: its own names and the builtin ones need no module.
schema::Type shortened(schema::Type type, const std::string& module) {
  if (type.ref.module == module || type.ref.module == schema::builtin_name) type.ref.module.clear();
  for (schema::Type& argument : type.arguments) argument = shortened(std::move(argument), module);
  return type;
}

std::string text_of(const schema::Type& type, const std::string& module) {
  return schema::to_string(shortened(type, module));
}

std::string visibility_text(schema::Visibility visibility) {
  switch (visibility) {
    case schema::Visibility::internal: return "";
    case schema::Visibility::exported: return "export";
    case schema::Visibility::exported_realm: return "export realm";
  }
  return "";
}

struct FillMetadata {
  pb::ConsoleVerb& out;

  void operator()(const schema::Ingress& ingress) const {
    pb::ConsoleRoute& route = *out.add_routes();
    route.set_method(ingress.method);
    route.set_path(ingress.path);
  }
  void operator()(const schema::Calls& calls) const {
    for (const schema::Ref& verb : calls.verbs) out.add_calls(schema::to_string(verb));
  }
  void operator()(const schema::Cron& cron) const { out.set_cron(cron.expression); }
  void operator()(const schema::Subscribe& subscribe) const {
    out.set_subscribes(schema::to_string(subscribe.topic));
  }
  void operator()(const schema::Publish& publish) const {
    for (const schema::Ref& topic : publish.topics) out.add_publishes(schema::to_string(topic));
  }
  template <class Other>
  void operator()(const Other&) const {}  // the page shows it in the schema's text only
};

void fill(const schema::Verb& verb, const std::string& module, pb::ConsoleVerb& out) {
  out.set_name(verb.name);
  out.set_visibility(visibility_text(verb.visibility));
  out.set_request(text_of(verb.request, module));
  out.set_response(text_of(verb.response, module));
  out.set_comment(joined(verb.comments.before));
  for (const schema::Metadata& metadata : verb.metadata)
    std::visit(FillMetadata{out}, metadata.value);
}

void add_count(const char* kind, std::size_t count, pb::ConsoleModule& out) {
  if (count == 0) return;
  pb::ConsoleCount& entry = *out.add_declarations();
  entry.set_kind(kind);
  entry.set_count(static_cast<std::uint32_t>(count));
}

void fill_counts(const schema::Module& module, pb::ConsoleModule& out) {
  add_count("config", module.configs.size(), out);
  add_count("secret", module.secrets.size(), out);
  add_count("database", module.databases.size(), out);
  add_count("topic", module.topics.size(), out);
  add_count("typealias", module.type_aliases.size(), out);
  add_count("enum", module.enums.size(), out);
  add_count("data", module.datas.size(), out);
}

}  // namespace

void fill(const ModuleEntry& module, pb::ConsoleModule& out) {
  const schema::Deployment& deployment = *module.deployment;
  const schema::Module& schema = *deployment.schema;
  out.set_name(schema.name);
  out.set_realm(schema.realm);
  out.set_comment(joined(schema.comments.before));
  out.set_deployment(deployment.key);
  out.set_build(deployment.build);
  out.set_state(std::string(name_of(module.state)));
  out.set_endpoints_healthy(module.healthy);
  out.set_endpoints_wanted(module.state == ModuleState::declared ? 0 : deployment.replicas);
  for (const schema::Verb& verb : schema.verbs) fill(verb, schema.name, *out.add_verbs());
  for (const std::string& name : schema::imports(schema)) out.add_imports(name);
  out.set_created_revision(deployment.created_revision);
  out.set_changeset(module.changeset);
  fill_counts(schema, out);
}

void fill_values(const ConsoleState& state, const schema::Module& module,
                 pb::ConsoleModuleDetail& out) {
  for (const schema::Config& config : module.configs) {
    pb::ConsoleConfig& entry = *out.add_configs();
    entry.set_name(config.name);
    entry.set_type(text_of(config.type, module.name));
    const schema::ConfigValue* value = state.config_of(module.name, config.name);
    if (value == nullptr) continue;
    entry.set_json(value->json);
    entry.set_from_global(value->module.empty());
    entry.set_revision(value->revision);
    entry.set_author(value->author);
    entry.set_time_ms(value->time_ms);
  }
  for (const schema::Secret& secret : module.secrets) {
    pb::ConsoleSecret& entry = *out.add_secrets();
    entry.set_name(secret.name);
    entry.set_type(text_of(secret.type, module.name));
    const schema::SecretValue* value = state.secret_of(module.name, secret.name);
    if (value == nullptr) continue;
    entry.set_set(true);
    entry.set_from_global(value->module.empty());
    entry.set_version(value->revision);
    entry.set_fingerprint(value->fingerprint);
    entry.set_key_id(value->key_id);
    entry.set_author(value->author);
    entry.set_time_ms(value->time_ms);
  }
}

std::string schema_text(const schema::Module& module) { return schema::print(module); }

}  // namespace millrace::console
