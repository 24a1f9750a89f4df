#include "cli/client/connect.hpp"

namespace millrace::cli {
namespace {

std::shared_ptr<tls::Credentials> in_use;  // NOLINT: set by main, before any thread

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
  statekit::ChannelOptions options;
  options.credentials = in_use;
  return statekit::connect(address, options);
}

}  // namespace millrace::cli
