#include "shown_token.hpp"

#include <mutex>
#include <string>

#include "statekit/io/channel.hpp"

namespace millrace::statekit {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

std::mutex mutex;
std::string shown;

class ShowToken final : public Interceptor {
 public:
  explicit ShowToken(const std::string& value) : value_(value) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      auto& metadata = *methods->GetSendInitialMetadata();
      if (metadata.find("authorization") == metadata.end())
        metadata.emplace("authorization", value_);
    }
    methods->Proceed();
  }

 private:
  const std::string& value_;
};

class Factory final : public ClientInterceptorFactoryInterface {
 public:
  explicit Factory(std::string value) : value_(std::move(value)) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override { return new ShowToken(value_); }

 private:
  const std::string value_;
};

}  // namespace

void show_token(const std::string& token) {
  const std::lock_guard lock(mutex);
  shown = token;
}

std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> token_interceptors(bool wanted) {
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> all;
  const std::lock_guard lock(mutex);
  if (wanted && !shown.empty()) all.push_back(std::make_unique<Factory>("Bearer " + shown));
  return all;
}

}  // namespace millrace::statekit
