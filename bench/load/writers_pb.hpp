// One client that writes, to the schema service or to etcd, with a connection of its own. One
// thread each.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

namespace millrace::bench {

class Writer {
 public:
  virtual ~Writer() = default;
  // One durable write; which revision it became.
  virtual grpc::Status write(std::uint64_t& revision) = 0;
};

// By turns a changeset on hold, whose module carries so many bytes, and its end.
std::unique_ptr<Writer> schema_writer(const std::string& address, int client, int bytes);
// A value of so many bytes, for a key of its own.
std::unique_ptr<Writer> etcd_writer(const std::string& address, int client, int bytes);

using MakeWriter = std::unique_ptr<Writer> (*)(const std::string&, int, int);

std::shared_ptr<grpc::Channel> own_channel(const std::string& address);

}  // namespace millrace::bench
