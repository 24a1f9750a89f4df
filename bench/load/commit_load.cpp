// Durable writes from many clients, each one write after the other:
//
//   commit_load schema|etcd ADDRESS CLIENTS SECONDS BYTES
#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/load/load.hpp"
#include "bench/load/writers_pb.hpp"

using namespace millrace::bench;

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: commit_load schema|etcd ADDRESS CLIENTS SECONDS BYTES\n");
    return 2;
  }
  const MakeWriter make = std::strcmp(argv[1], "etcd") == 0 ? etcd_writer : schema_writer;
  const std::string address = argv[2];
  const int clients = std::atoi(argv[3]), bytes = std::atoi(argv[5]);
  const Outcome outcome = run_clients(
      clients, std::atof(argv[4]), [&](int client, Clock::time_point end, Outcome& one) {
        const auto writer = make(address, client, bytes);
        while (Clock::now() < end) {
          std::uint64_t revision = 0;
          const auto begun = Clock::now();
          const grpc::Status status = writer->write(revision);
          one.took_us.push_back(microseconds(Clock::now() - begun));
          if (!status.ok() && ++one.failed == 1)
            std::fprintf(stderr, "%s\n", status.error_message().c_str());
        }
      });
  print(outcome);
  return outcome.failed == 0 ? 0 : 1;
}
