#include "cli/client/connect.hpp"

#include <algorithm>

#include "cli/client/replicas.hpp"

namespace millrace::cli {
namespace {

std::shared_ptr<tls::Credentials> in_use;  // NOLINT: set by main, before any thread

statekit::ChannelOptions options() {
  statekit::ChannelOptions all;
  all.credentials = in_use;
  return all;
}

}  // namespace

statekit::Status use_tls(const tls::Files& files) {
  if (files == tls::Files{}) return {};
  auto opened = tls::Credentials::open(files);
  if (!opened) return statekit::fail(opened.error());
  in_use = std::move(*opened);
  return {};
}

const std::shared_ptr<tls::Credentials>& credentials() { return in_use; }

statekit::Channel connect(const std::string& address) {
  return statekit::connect(address, options());
}

statekit::TokenRules token_rules(bool insecure) {
  return {.in_clear = insecure,
          .remedy =
              "name the authority that is believed there with --ca FILE (MILLRACE_CLI_CA), "
              "or say --insecure (MILLRACE_CLI_INSECURE=true) where the network itself is "
              "closed"};
}

statekit::Status may_show_token_to(const std::string& addresses) {
  for (const std::string& each : replicas_of(addresses))
    if (auto may = statekit::may_show_token(each, options()); !may) return may;
  return {};
}

statekit::Status may_show_token_to_url(const std::string& url) {
  constexpr std::string_view in_clear = "http://";
  if (!url.starts_with(in_clear)) return {};
  std::string host = url.substr(in_clear.size());
  host.resize(std::min(host.find_first_of("/?#"), host.size()));
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon == std::string::npos) host += ":80";
  statekit::Status may = statekit::may_show_token(host);
  if (!may) may.error().message += "; or write https://";
  return may;
}

}  // namespace millrace::cli
