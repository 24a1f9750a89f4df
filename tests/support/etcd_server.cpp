#include "support/etcd_server.hpp"

#include <signal.h>
#include <unistd.h>

#include <grpcpp/grpcpp.h>

#include <cstdio>

#include "etcd.grpc.pb.h"
#include "journal/etcd.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

namespace millrace::test {

namespace {

std::string url(int port) { return "http://127.0.0.1:" + std::to_string(port); }

}  // namespace

EtcdCluster::EtcdCluster(std::size_t members, std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), members_(members) {
  for (Member& each : members_) {
    each.client = unused_port();
    each.peer = unused_port();
  }
  for (std::size_t i = 0; i < members; ++i) start(i);
  for (std::size_t i = 0; i < members; ++i) {
    INFO(members_[i].process->log());
    REQUIRE(ready(endpoint(i)));
  }
}

void EtcdCluster::start(std::size_t member) {
  const std::string name = "n" + std::to_string(member);
  Member& own = members_[member];
  std::string all;
  for (std::size_t i = 0; i < size(); ++i)
    all += (i == 0 ? "n" : ",n") + std::to_string(i) + "=" + url(members_[i].peer);
  std::vector<std::string> argv = {"/usr/bin/etcd",
                                   "--name",
                                   name,
                                   "--data-dir",
                                   folder_ / name,
                                   "--listen-client-urls",
                                   url(own.client),
                                   "--advertise-client-urls",
                                   url(own.client),
                                   "--listen-peer-urls",
                                   url(own.peer),
                                   "--initial-advertise-peer-urls",
                                   url(own.peer),
                                   "--initial-cluster",
                                   all,
                                   "--logger",
                                   "zap",
                                   "--log-level",
                                   "warn"};
  // One alone waits for nobody.
  if (size() == 1) argv.insert(argv.end(), {"--heartbeat-interval=10", "--election-timeout=100"});
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  own.process = std::make_unique<Process>(argv, folder_ / (name + ".log"));
}

std::string EtcdCluster::endpoint(std::size_t member) const {
  return "127.0.0.1:" + std::to_string(members_[member].client);
}

std::string EtcdCluster::endpoints() const {
  std::string all;
  for (std::size_t i = 0; i < size(); ++i) all += (i == 0 ? "" : ",") + endpoint(i);
  return all;
}

void EtcdCluster::kill(std::size_t member) { members_[member].process->kill(); }

void EtcdCluster::restart(std::size_t member) {
  kill(member);
  start(member);
}

void EtcdCluster::pause(std::size_t member, bool paused) {
  members_[member].process->signal(paused ? SIGSTOP : SIGCONT);
}

bool EtcdCluster::ready(const std::string& at) const {
  const auto address = journal::parse_etcd_url("etcd://" + at + "/nothing");
  if (!address) return false;
  return eventually([&] {
    const auto opened = journal::make_etcd_journal(*address)->open({"", false});
    return opened || opened.error().message.find("no journal") != std::string::npos;
  });
}

std::size_t EtcdCluster::leader() const {
  std::size_t found = size();
  eventually([&] {
    for (std::size_t i = 0; i < size() && found == size(); ++i) {
      const auto stub = etcdserverpb::Maintenance::NewStub(
          grpc::CreateChannel(endpoint(i), grpc::InsecureChannelCredentials()));
      etcdserverpb::StatusResponse status;
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
      if (stub->Status(&context, {}, &status).ok() && status.leader() != 0 &&
          status.leader() == status.header().member_id())
        found = i;
    }
    return found < size();
  });
  REQUIRE(found < size());
  return found;
}

void EtcdCluster::set_full(bool full) const {
  const auto stub = etcdserverpb::Maintenance::NewStub(
      grpc::CreateChannel(endpoint(0), grpc::InsecureChannelCredentials()));
  etcdserverpb::StatusResponse status;
  grpc::ClientContext asking;
  REQUIRE(stub->Status(&asking, {}, &status).ok());
  etcdserverpb::AlarmRequest request;
  request.set_action(full ? etcdserverpb::AlarmRequest::ACTIVATE
                          : etcdserverpb::AlarmRequest::DEACTIVATE);
  request.set_alarm(etcdserverpb::NOSPACE);
  request.set_member_id(status.header().member_id());
  etcdserverpb::AlarmResponse response;
  grpc::ClientContext telling;
  REQUIRE(stub->Alarm(&telling, request, &response).ok());
}

std::string EtcdCluster::ctl(const std::string& arguments) const {
  const std::string command =
      "ETCDCTL_API=3 etcdctl --dial-timeout=60s --command-timeout=60s --endpoints " + endpoints() +
      " " + arguments + " 2>&1";
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char octets[4096];
  while (const std::size_t size = fread(octets, 1, sizeof octets, pipe))
    output.append(octets, size);
  const int status = pclose(pipe);
  INFO(command << ": " << output);
  REQUIRE(status == 0);
  return output;
}

EtcdCluster& shared_etcd() {
  static EtcdCluster one(1);
  return one;
}

}  // namespace millrace::test
