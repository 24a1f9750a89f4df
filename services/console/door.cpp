#include "services/console/door.hpp"

#include <utility>

namespace millrace::console {

namespace {

// A stream that leaves the gate's list when its reader is gone.
class GuardedStream final : public httpkit::Stream {
 public:
  GuardedStream(access::Gate& gate, const access::Arrival& arrival, const access::Caller& caller,
                std::shared_ptr<httpkit::Stream> inner)
      : gate_(gate),
        inner_(std::move(inner)),
        number_(
            gate.stay(arrival, caller, [stream = std::weak_ptr(inner_)](const statekit::Error&) {
              if (const auto open = stream.lock()) open->close();
            })) {}
  ~GuardedStream() override { gate_.leave(number_); }

  bool send(std::string_view octets) override { return inner_->send(octets); }
  void close() override { inner_->close(); }

 private:
  access::Gate& gate_;
  const std::shared_ptr<httpkit::Stream> inner_;
  const std::uint64_t number_;
};

class GuardedReply final : public httpkit::Reply {
 public:
  GuardedReply(access::Gate& gate, access::Arrival arrival, access::Caller caller,
               std::shared_ptr<httpkit::Reply> inner)
      : gate_(gate),
        arrival_(std::move(arrival)),
        caller_(std::move(caller)),
        inner_(std::move(inner)) {}

  void send(httpkit::Response response) override { inner_->send(std::move(response)); }
  void on_gone(std::function<void()> gone) override { inner_->on_gone(std::move(gone)); }
  std::shared_ptr<httpkit::Stream> stream(httpkit::Response head) override {
    auto stream = inner_->stream(std::move(head));
    if (stream == nullptr) return nullptr;
    return std::make_shared<GuardedStream>(gate_, arrival_, caller_, std::move(stream));
  }

 private:
  access::Gate& gate_;
  const access::Arrival arrival_;
  const access::Caller caller_;
  const std::shared_ptr<httpkit::Reply> inner_;
};

}  // namespace

void handle_guarded(access::Gate& gate, const Service& service, const httpkit::Request& request,
                    const std::shared_ptr<httpkit::Reply>& reply) {
  access::Arrival arrival = access::arrival_of(request, "console");
  auto caller = gate.admit(arrival);
  if (!caller) return reply->send(access::refusal(caller.error()));
  service.handle(
      request, std::make_shared<GuardedReply>(gate, std::move(arrival), std::move(*caller), reply));
}

}  // namespace millrace::console
