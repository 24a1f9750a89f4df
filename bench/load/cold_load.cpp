// A reader that has nothing yet, again and again: a follower's snapshot, or an etcd range of the
// same bytes; and what fills etcd with them.
//
//   cold_load feed ADDRESS SECONDS
//   cold_load range ADDRESS SECONDS
//   cold_load fill ADDRESS KEYS BYTES
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <cstring>

#include "bench/load/etcd_api_pb.hpp"
#include "bench/load/load.hpp"
#include "bench/load/writers_pb.hpp"
#include "v2alpha1/schema.grpc.pb.h"

using namespace millrace;
using namespace millrace::bench;

namespace {

constexpr int keys_of_txn = 100;

// How many bytes came; 0: it failed.
std::size_t read_feed(const std::string& address) {
  const auto stub = v2alpha1::SchemaService::NewStub(own_channel(address));
  grpc::ClientContext context;
  const auto stream = stub->Subscribe(&context);
  v2alpha1::SubscribeRequest hello;
  hello.mutable_hello()->set_kind("bench");
  hello.mutable_hello()->set_instance("cold");
  hello.mutable_hello()->set_format(1);
  if (!stream->Write(hello)) return 0;
  v2alpha1::SubscribeResponse response;
  std::size_t bytes = 0;
  while (stream->Read(&response)) {
    bytes += response.snapshot().data().size();
    if (!response.snapshot().last()) continue;
    context.TryCancel();
    while (stream->Read(&response)) continue;
    (void)stream->Finish();
    return bytes;
  }
  return 0;
}

std::size_t read_range(const std::string& address) {
  Etcd etcd(own_channel(address));
  etcdserverpb::RangeRequest request;
  request.set_key("bench/");
  request.set_range_end("bench0");
  etcdserverpb::RangeResponse response;
  if (!etcd.range(request, response).ok()) return 0;
  std::size_t bytes = 0;
  for (const auto& kv : response.kvs()) bytes += kv.key().size() + kv.value().size();
  return bytes;
}

int fill(const std::string& address, int keys, int bytes) {
  const auto stub = etcdserverpb::KV::NewStub(own_channel(address));
  const std::string value(static_cast<std::size_t>(bytes), 'x');
  for (int i = 0; i < keys;) {
    etcdserverpb::TxnRequest txn;
    for (int j = 0; j < keys_of_txn && i < keys; ++j, ++i) {
      auto* put = txn.add_success()->mutable_request_put();
      put->set_key("bench/" + std::to_string(i));
      put->set_value(value);
    }
    grpc::ClientContext context;
    etcdserverpb::TxnResponse answer;
    const grpc::Status status = stub->Txn(&context, txn, &answer);
    if (status.ok()) continue;
    std::fprintf(stderr, "cold_load: %s\n", status.error_message().c_str());
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "fill") == 0)
    return fill(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  if (argc != 4) {
    std::fprintf(stderr, "usage: cold_load feed|range ADDRESS SECONDS\n");
    return 2;
  }
  const auto read = std::strcmp(argv[1], "feed") == 0 ? read_feed : read_range;
  std::size_t bytes = 0;
  const Outcome outcome =
      run_clients(1, std::atof(argv[3]), [&](int, Clock::time_point end, Outcome& one) {
        do {
          const auto begun = Clock::now();
          bytes = read(argv[2]);
          one.took_us.push_back(microseconds(Clock::now() - begun));
          if (bytes == 0) ++one.failed;
        } while (Clock::now() < end);
      });
  std::printf("{\"operations\":%zu,\"seconds\":%.4f,\"bytes\":%zu,\"failed\":%llu}\n",
              outcome.took_us.size(), percentile(outcome.took_us, 0.5) / 1e6, bytes,
              static_cast<unsigned long long>(outcome.failed));
  return outcome.failed == 0 ? 0 : 1;
}
