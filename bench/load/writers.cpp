#include "bench/load/writers_pb.hpp"

#include <chrono>

#include "bench/load/etcd_api_pb.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::bench {
namespace {

class SchemaWriter final : public Writer {
 public:
  SchemaWriter(const std::string& address, int client, int bytes)
      : stub_(v2alpha1::SchemaService::NewStub(own_channel(address))),
        run_(std::to_string(std::chrono::steady_clock::now().time_since_epoch().count())),
        name_("bench" + std::to_string(client) + "r" + run_) {
    create_.set_hold(true);
    auto* module = create_.add_modules();
    module->mutable_schema()->set_name(name_);
    auto* data = module->mutable_schema()->add_decls()->mutable_data();
    data->set_name("Payload");
    data->mutable_comments()->add_before(std::string(static_cast<std::size_t>(bytes), 'x'));
    // A module that is called waits for who serves it, so that its changeset stays as it is, and
    // each write is one commit.
    auto* verb = module->mutable_schema()->add_decls()->mutable_verb();
    verb->set_name("take");
    verb->mutable_request()->set_kind(v2alpha1::TYPE_KIND_STRING);
    verb->mutable_response()->set_kind(v2alpha1::TYPE_KIND_UNIT);
  }

  ~SchemaWriter() override {
    std::uint64_t revision = 0;
    if (!changeset_.empty()) (void)give_up(revision);
  }

  grpc::Status write(std::uint64_t& revision) override {
    return changeset_.empty() ? create(revision) : give_up(revision);
  }

 private:
  grpc::Status create(std::uint64_t& revision) {
    grpc::ClientContext context;
    v2alpha1::CreateChangesetResponse answer;
    create_.mutable_modules(0)->set_build(run_ + std::to_string(++writes_));
    sign(*create_.mutable_write());
    const grpc::Status status = stub_->CreateChangeset(&context, create_, &answer);
    changeset_ = answer.changeset();
    revision = answer.position().revision();
    return status;
  }

  grpc::Status give_up(std::uint64_t& revision) {
    grpc::ClientContext context;
    v2alpha1::ChangesetRequest request;
    v2alpha1::ChangesetResponse answer;
    request.set_changeset(std::exchange(changeset_, ""));
    sign(*request.mutable_write());
    const grpc::Status status = stub_->FailChangeset(&context, request, &answer);
    revision = answer.position().revision();
    return status;
  }

  void sign(v2alpha1::WriteOptions& write) {
    write.set_author("bench");
    write.set_reason("measuring");
    write.set_token(name_ + "-" + run_ + "-" + std::to_string(++tokens_));
  }

  std::unique_ptr<v2alpha1::SchemaService::Stub> stub_;
  const std::string run_;   // nothing that an earlier run left is in the way
  const std::string name_;  // of the module
  v2alpha1::CreateChangesetRequest create_;
  std::string changeset_;
  int writes_ = 0;
  int tokens_ = 0;
};

class EtcdWriter final : public Writer {
 public:
  EtcdWriter(const std::string& address, int client, int bytes) : etcd_(own_channel(address)) {
    put_.set_key("bench/" + std::to_string(client));
    put_.set_value(std::string(static_cast<std::size_t>(bytes), 'x'));
  }

  grpc::Status write(std::uint64_t& revision) override {
    etcdserverpb::PutResponse answer;
    const grpc::Status status = etcd_.put(put_, answer);
    revision = static_cast<std::uint64_t>(answer.header().revision());
    return status;
  }

 private:
  Etcd etcd_;
  etcdserverpb::PutRequest put_;
};

}  // namespace

std::shared_ptr<grpc::Channel> own_channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<Writer> schema_writer(const std::string& address, int client, int bytes) {
  return std::make_unique<SchemaWriter>(address, client, bytes);
}

std::unique_ptr<Writer> etcd_writer(const std::string& address, int client, int bytes) {
  return std::make_unique<EtcdWriter>(address, client, bytes);
}

}  // namespace millrace::bench
