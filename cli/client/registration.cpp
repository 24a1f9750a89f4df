#include "cli/client/registration.hpp"

#include <mutex>
#include <thread>

#include "cli/client/rpc_pb.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::cli {

using Reply = v2alpha1::RegisterEndpointResponse;

struct Registration::Impl {
  statekit::Channel channel;
  EndpointOffer offer;
  grpc::ClientContext context;
  std::unique_ptr<v2alpha1::SchemaService::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<v2alpha1::RegisterEndpointRequest, Reply>> stream;
  std::mutex writing;  // held over each Write, and to end the stream
  bool broken = false;
  mutable std::mutex mutex;
  std::optional<Heard> heard;
  std::uint64_t answers = 0;
  std::optional<statekit::Error> ended;
  std::thread reader;

  v2alpha1::RegisterEndpointRequest request(bool leaving) const {
    v2alpha1::RegisterEndpointRequest message;
    message.set_deployment(offer.deployment);
    message.set_address(offer.address);
    message.set_instance(offer.instance);
    message.set_leaving(leaving);
    return message;
  }

  void read() {
    Reply reply;
    while (stream->Read(&reply)) {
      const std::lock_guard lock(mutex);
      heard = decode(reply);
      ++answers;
    }
    {
      const std::lock_guard lock(writing);
      broken = true;
    }
    const grpc::Status status = stream->Finish();
    const std::lock_guard lock(mutex);
    ended = status.ok() ? statekit::Error{statekit::Code::unavailable,
                                          "the schema service ended the stream",
                                          {}}
                        : explain(status, "schema", channel.address());
  }

  void write(bool leaving) {
    const std::lock_guard lock(writing);
    if (!broken) stream->Write(request(leaving));
  }

  static Heard decode(const Reply& reply) {
    Heard heard;
    if (reply.directive() == Reply::DIRECTIVE_DRAIN) heard.directive = Directive::drain;
    if (reply.directive() == Reply::DIRECTIVE_STOP) heard.directive = Directive::stop;
    heard.endpoint = reply.endpoint();
    if (reply.lease_ms() > 0) heard.lease_ms = reply.lease_ms();
    heard.reason = reply.reason();
    heard.revision = reply.revision();
    return heard;
  }
};

Registration::Registration(const statekit::Channel& channel, const EndpointOffer& offer)
    : impl_(std::make_unique<Impl>()) {
  impl_->channel = channel;
  impl_->offer = offer;
  impl_->stub = v2alpha1::SchemaService::NewStub(channel.grpc());
  // Else the constructor waits until there is a connection; so the first write does, on its thread.
  impl_->context.set_initial_metadata_corked(true);
  impl_->stream = impl_->stub->RegisterEndpoint(&impl_->context);
  impl_->reader = std::thread([this] {
    impl_->write(false);
    impl_->read();
  });
}

Registration::~Registration() {
  impl_->context.TryCancel();
  impl_->reader.join();
}

void Registration::renew(bool leaving) {
  // Before the first answer there may be no connection yet, and a write would wait for it.
  if (answers() > 0) impl_->write(leaving);
}

std::optional<Heard> Registration::heard() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->heard;
}

std::uint64_t Registration::answers() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->answers;
}

std::optional<statekit::Error> Registration::ended() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->ended;
}

}  // namespace millrace::cli
