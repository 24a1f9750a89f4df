#include "client.hpp"

#include <algorithm>
#include <optional>

#include "../rules.hpp"
#include "connections.hpp"

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

constexpr std::int64_t pause_ms_between = 50;

void put(const Range& range, pb::RangeRequest& to) {
  to.set_key(range.key);
  to.set_range_end(range.end);
  to.set_limit(range.limit);
  to.set_keys_only(range.keys_only);
  to.set_serializable(range.serializable);
  to.set_revision(range.at);
  if (!range.newest_first) return;
  to.set_sort_order(pb::RangeRequest::DESCEND);
  to.set_sort_target(pb::RangeRequest::KEY);
}

void put(const Write& write, pb::RequestOp& to) {
  if (write.remove) {
    to.mutable_request_delete_range()->set_key(write.key);
    to.mutable_request_delete_range()->set_range_end(write.end);
    return;
  }
  to.mutable_request_put()->set_key(write.key);
  to.mutable_request_put()->set_value(write.value);
  to.mutable_request_put()->set_lease(write.lease);
}

pb::TxnRequest message(const Txn& txn) {
  pb::TxnRequest request;
  for (const Compare& each : txn.when) {
    pb::Compare& compare = *request.add_compare();
    compare.set_target(pb::Compare::MOD);
    compare.set_key(each.key);
    compare.set_mod_revision(each.mod);
  }
  for (const Write& each : txn.writes) put(each, *request.add_success());
  for (const Range& each : txn.ranges) put(each, *request.add_success()->mutable_request_range());
  for (const Range& each : txn.otherwise)
    put(each, *request.add_failure()->mutable_request_range());
  return request;
}

KeyValue value_of(pb::KeyValue& from, bool removed) {
  return {std::move(*from.mutable_key()), std::move(*from.mutable_value()), from.mod_revision(),
          removed};
}

TxnAnswer answer_of(pb::TxnResponse& response) {
  TxnAnswer answer{response.succeeded(), response.header().revision(), {}};
  for (pb::ResponseOp& each : *response.mutable_responses()) {
    if (!each.has_response_range()) continue;
    std::vector<KeyValue>& found = answer.found.emplace_back();
    for (pb::KeyValue& kv : *each.mutable_response_range()->mutable_kvs())
      found.push_back(value_of(kv, false));
  }
  return answer;
}

class GrpcClient : public Client {
 public:
  GrpcClient(std::shared_ptr<Connections> connections, const EtcdTuning& tuning)
      : connections_(std::move(connections)), tuning_(tuning) {}

  Answer<TxnAnswer> txn(const Txn& txn, std::int64_t deadline_ms) override {
    const pb::TxnRequest request = message(txn);
    pb::TxnResponse response;
    const auto call = [&](std::size_t at, grpc::ClientContext& context) {
      return pb::KV::NewStub(connections_->channel(at))->Txn(&context, request, &response);
    };
    if (auto done = ask(call, !txn.writes.empty(), deadline_ms); !done)
      return tl::unexpected(done.error());
    return answer_of(response);
  }

  Answer<void> watch(const WatchFrom& from,
                     const std::function<void(const std::vector<KeyValue>&)>& changed) override {
    const Moment end = in_ms(tuning_.call_ms_max);
    const auto at = connections_->reach(end);
    if (!at) return tl::unexpected(at.error());
    if (const auto let_in = connections_->log_in(*at, end); !let_in.ok())
      return tl::unexpected(to_error(let_in, connections_->name(*at), false));
    Connections::Call call(*connections_, Moment::max());
    connections_->authorize(call.context);
    const auto stream = pb::Watch::NewStub(connections_->channel(*at))->Watch(&call.context);
    pb::WatchRequest request;
    request.mutable_create_request()->set_key(from.range.key);
    request.mutable_create_request()->set_range_end(from.range.end);
    request.mutable_create_request()->set_start_revision(from.revision);
    pb::WatchResponse response;
    std::optional<JournalError> ended;
    if (stream->Write(request)) {
      while (!ended && stream->Read(&response)) ended = take(response, changed);
    }
    // A watch that etcd gave up leaves its stream open.
    call.context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (ended) return tl::unexpected(*ended);
    connections_->leave(*at);
    if (is_token_fault(status)) connections_->forget_token();
    return tl::unexpected(to_error(status, connections_->name(*at), false));
  }

  Answer<std::int64_t> grant_lease(std::int64_t ttl_s) override {
    pb::LeaseGrantRequest request;
    request.set_ttl(ttl_s);
    pb::LeaseGrantResponse response;
    const auto call = [&](std::size_t at, grpc::ClientContext& context) {
      return pb::Lease::NewStub(connections_->channel(at))
          ->LeaseGrant(&context, request, &response);
    };
    if (auto done = ask(call, true, tuning_.call_ms_max); !done)
      return tl::unexpected(done.error());
    return response.id();
  }

  Answer<std::int64_t> keep_lease(std::int64_t id) override {
    pb::LeaseKeepAliveRequest request;
    request.set_id(id);
    pb::LeaseKeepAliveResponse response;
    const auto call = [&](std::size_t at, grpc::ClientContext& context) {
      const auto stream = pb::Lease::NewStub(connections_->channel(at))->LeaseKeepAlive(&context);
      const bool answered =
          stream->Write(request) && stream->WritesDone() && stream->Read(&response);
      const grpc::Status status = stream->Finish();
      return answered ? grpc::Status::OK : status;
    };
    if (auto done = ask(call, false, tuning_.call_ms_max); !done)
      return tl::unexpected(done.error());
    return response.ttl();
  }

  Answer<void> revoke_lease(std::int64_t id) override {
    pb::LeaseRevokeRequest request;
    request.set_id(id);
    pb::LeaseRevokeResponse response;
    const auto call = [&](std::size_t at, grpc::ClientContext& context) {
      return pb::Lease::NewStub(connections_->channel(at))
          ->LeaseRevoke(&context, request, &response);
    };
    return ask(call, true, tuning_.attempt_ms_max);
  }

  std::vector<EndpointStatus> status(std::vector<std::string>& lost) override {
    std::vector<EndpointStatus> all;
    for (std::size_t at = 0; at < connections_->count(); ++at) {
      pb::StatusResponse response;
      const Moment end = in_ms(tuning_.connect_ms_max);
      grpc::Status status = connections_->log_in(at, end);
      if (status.ok()) {
        Connections::Call call(*connections_, end);
        connections_->authorize(call.context, false);  // one without a leader still tells of itself
        status = pb::Maintenance::NewStub(connections_->channel(at))
                     ->Status(&call.context, {}, &response);
      }
      if (!status.ok()) {
        lost.push_back(connections_->name(at));
        continue;
      }
      all.push_back({connections_->name(at),
                     response.version(),
                     response.db_size(),
                     response.db_size_in_use(),
                     response.leader(),
                     response.header().member_id(),
                     {response.errors().begin(), response.errors().end()}});
    }
    return all;
  }

  void close() override { connections_->close(); }

 private:
  // Sends a call until an endpoint answers. One that writes is sent again only where etcd surely
  // did nothing; one that reads goes round the endpoints until the deadline. A login takes etcd
  // long and writes nothing: it has an attempt of its own.
  template <class Send>
  Answer<void> ask(const Send& send, bool writes, std::int64_t deadline_ms) {
    const Moment end = in_ms(deadline_ms);
    for (bool again = true;;) {
      const auto at = connections_->reach(end);
      if (!at) return tl::unexpected(at.error());
      grpc::Status status = connections_->log_in(*at, attempt_until(end));
      const bool wrote = status.ok() && writes;
      if (status.ok()) {
        Connections::Call call(*connections_, attempt_until(end));
        connections_->authorize(call.context);
        status = send(*at, call.context);
      }
      if (status.ok()) return {};
      if (is_token_fault(status) && again && connections_->forget_token()) {
        again = false;
        continue;
      }
      const JournalError error = to_error(status, connections_->name(*at), wrote);
      const bool elsewhere =
          !is_refusal_of_user(status) &&
          (error.fault == JournalFault::unavailable || error.fault == JournalFault::unknown);
      if (elsewhere) connections_->leave(*at);
      if (!elsewhere || wrote || in_ms(pause_ms_between) >= end ||
          !connections_->pause(pause_ms_between))
        return tl::unexpected(error);
    }
  }

  Moment attempt_until(Moment end) const { return std::min(end, in_ms(tuning_.attempt_ms_max)); }

  static std::optional<JournalError> take(
      pb::WatchResponse& response,
      const std::function<void(const std::vector<KeyValue>&)>& changed) {
    if (response.canceled() && response.compact_revision() > 0)
      return JournalError{
          JournalFault::compacted, "etcd: the watch's beginning was compacted", {}, 0};
    if (response.canceled())
      return JournalError{JournalFault::unavailable,
                          "etcd: the watch was ended: " + response.cancel_reason(),
                          {},
                          0};
    std::vector<KeyValue> events;
    for (pb::Event& each : *response.mutable_events())
      events.push_back(value_of(*each.mutable_kv(), each.type() == pb::Event::DELETE));
    if (!events.empty()) changed(events);
    return std::nullopt;
  }

  const std::shared_ptr<Connections> connections_;
  const EtcdTuning tuning_;
};

}  // namespace

Answer<std::shared_ptr<Client>> make_client(const EtcdAddress& address, const EtcdTuning& tuning) {
  auto connections = Connections::make(address, tuning);
  if (!connections) return tl::unexpected(connections.error());
  return std::make_shared<GrpcClient>(std::move(*connections), tuning);
}

}  // namespace millrace::journal::etcd
