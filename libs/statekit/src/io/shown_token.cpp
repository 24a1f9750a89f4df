#include "shown_token.hpp"

#include <mutex>
#include <string>
#include <utility>

#include "statekit/io/channel.hpp"
#include "tls/doors.hpp"

namespace millrace::statekit {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

std::mutex mutex;
ShownToken shown;  // empty: none
TokenRules rules;

class ShowToken final : public Interceptor {
 public:
  explicit ShowToken(const ShownToken& value) : value_(value) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      auto& metadata = *methods->GetSendInitialMetadata();
      if (metadata.find("authorization") == metadata.end())
        metadata.emplace("authorization", *value_());
    }
    methods->Proceed();
  }

 private:
  const ShownToken& value_;
};

class Factory final : public ClientInterceptorFactoryInterface {
 public:
  explicit Factory(ShownToken value) : value_(std::move(value)) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override { return new ShowToken(value_); }

 private:
  const ShownToken value_;
};

}  // namespace

void show_tokens(ShownToken source, TokenRules wanted) {
  const std::lock_guard lock(mutex);
  shown = std::move(source);
  rules = std::move(wanted);
}

void show_token(const std::string& token, TokenRules wanted) {
  if (token.empty()) return show_tokens({});
  show_tokens([value = std::make_shared<const std::string>("Bearer " + token)] { return value; },
              std::move(wanted));
}

Status may_show_token(const std::string& address, const ChannelOptions& options) {
  const std::lock_guard lock(mutex);
  const bool goes = options.shows_token && shown && rules.leaves_process;
  if (!goes || rules.in_clear || options.credentials != nullptr || tls::leads_to_loopback(address))
    return {};
  return fail(Code::failed_precondition, "the token would go to " + address +
                                             " in clear, where it can be read on its way" +
                                             (rules.remedy.empty() ? "" : ": " + rules.remedy));
}

std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> token_interceptors(bool wanted,
                                                                                   bool outside) {
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> all;
  const std::lock_guard lock(mutex);
  if (wanted && shown && (rules.leaves_process || !outside))
    all.push_back(std::make_unique<Factory>(shown));
  return all;
}

}  // namespace millrace::statekit
