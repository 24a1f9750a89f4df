#include "cli/deploy_order.hpp"

#include <map>

#include "settings/nearest.hpp"
#include "settings/settings.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Result;

namespace {

tl::unexpected<statekit::Error> refuse(const std::string& endpoint, const std::string& why) {
  return statekit::fail(Code::invalid_argument, "--endpoint " + endpoint + ": " + why);
}

Result<std::map<std::string, std::string>> endpoints_of(const schema::Schema& schema,
                                                        const std::vector<std::string>& words) {
  std::map<std::string, std::string> endpoints;
  std::vector<std::string> names;
  for (const schema::Module& module : schema.modules) names.push_back(module.name);
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return refuse(word, "write MODULE=URL");
    const std::string module = word.substr(0, equals);
    if (schema::find_module(schema, module) == nullptr) {
      return refuse(
          word, "no module " + module + " in the files" + settings::did_you_mean(module, names));
    }
    const auto address = endpoint_address(word.substr(equals + 1));
    if (!address) return refuse(word, address.error().message);
    if (!endpoints.emplace(module, *address).second) return refuse(word, "a second one for it");
  }
  return endpoints;
}

}  // namespace

Result<std::string> endpoint_address(const std::string& url) {
  std::string address = url;
  if (address.starts_with("https://")) {
    return statekit::fail(Code::invalid_argument, "TLS to endpoints is not supported yet");
  }
  if (const auto scheme = address.find("://"); scheme != std::string::npos) {
    address.erase(0, scheme + 3);
  }
  if (address.ends_with('/')) address.pop_back();
  std::string checked;
  settings::Fields fields;
  fields.address("endpoint", checked, "");
  if (const auto status = fields.all().front().set(address); !status) {
    return statekit::fail(status.error());
  }
  return checked;
}

std::string build_of(const std::string& octets) {
  return statekit::hex(statekit::sha256(octets)).substr(0, 12);
}

Result<DeployOrder> make_order(schema::Schema schema, const DeployFlags& flags) {
  const auto endpoints = endpoints_of(schema, flags.endpoints);
  if (!endpoints) return statekit::fail(endpoints.error());
  DeployOrder order;
  for (schema::Module& module : schema.modules) {
    ModuleOrder each;
    each.build = flags.build;
    each.replicas = static_cast<std::uint32_t>(flags.replicas);
    if (const auto found = endpoints->find(module.name); found != endpoints->end()) {
      each.fixed_endpoint = found->second;
    }
    if (each.build.empty()) {
      each.build =
          build_of(statekit::to_bytes(schema::module_digest(module)) + each.fixed_endpoint);
    }
    each.module = std::move(module);
    order.modules.push_back(std::move(each));
  }
  order.removed_modules = flags.removed_modules;
  order.hold = flags.hold;
  order.canary_percent = static_cast<std::uint32_t>(flags.canary_percent);
  order.deadline_ms = flags.deadline_ms;
  order.drain_ms_max = flags.drain_ms_max;
  order.allow_breaking = flags.allow_breaking;
  order.plan = flags.plan;
  order.redeploy = flags.redeploy;
  return order;
}

}  // namespace millrace::cli
