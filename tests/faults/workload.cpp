#include "tests/faults/workload.hpp"

#include <chrono>
#include <random>

#include "tests/schema_service/client.hpp"

namespace millrace::test {
namespace {

using v2alpha1::CHANGESET_PHASE_COMMITTED;
using v2alpha1::CHANGESET_PHASE_DRAINED;
using v2alpha1::CHANGESET_PHASE_FAILED;
using v2alpha1::CHANGESET_PHASE_FINALIZED;
using Stub = v2alpha1::SchemaService::Stub;

constexpr int registers = 4;
constexpr std::int64_t call_ms_max = 4'000;
constexpr int attempts_max = 6;
constexpr std::int64_t commit_ms_max = 10'000;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string register_text(const std::string& name) {
  return "module " + name + " {\n  export data Value {\n    n Int\n  }\n}\n";
}

bool is_outcome_unknown(grpc::StatusCode code) {
  return code == grpc::DEADLINE_EXCEEDED || code == grpc::UNAVAILABLE || code == grpc::UNKNOWN ||
         code == grpc::CANCELLED || code == grpc::INTERNAL;
}

// One client: what it does is decided by its seed, what it sees goes into its own record.
class Worker {
 public:
  Worker(const std::vector<std::string>& addresses, std::string name, std::uint32_t seed)
      : name_(std::move(name)), random_(seed) {
    for (const std::string& address : addresses) clients_.emplace_back(statekit::connect(address));
  }

  void step(std::int64_t value) {
    const std::string reg = "reg" + std::to_string(random_() % registers);
    if (random_() % 2 == 0) {
      read(reg);
    } else {
      write(reg, value);
    }
  }

  Record record;

 private:
  Client& any() { return clients_[random_() % clients_.size()]; }

  void read(const std::string& reg) {
    v2alpha1::GetDeploymentsRequest request;
    request.set_module(reg);
    const std::int64_t called = now_us();
    const auto answer = any().call(&Stub::GetDeployments, request,
                                   {{"millrace-linearizable", "true"}}, call_ms_max);
    if (!answer.ok()) return;
    std::int64_t value = 0;
    for (const v2alpha1::Deployment& deployment : answer->deployments())
      if (deployment.phase() == v2alpha1::DEPLOYMENT_PHASE_CANONICAL)
        value = std::stoll(deployment.build().substr(1));
    record.registers[reg].push_back({false, value, called, now_us(), name_});
    ++record.reads;
  }

  void write(const std::string& reg, std::int64_t value) {
    v2alpha1::CreateChangesetRequest request =
        deploy_request(register_text(reg), "b" + std::to_string(value));
    const std::string reason = name_ + " writes " + std::to_string(value);
    request.mutable_write()->set_author(name_);
    request.mutable_write()->set_reason(reason);
    request.mutable_write()->set_token(reason);
    record.reasons.push_back(reason);
    RegisterOp op{true, value, now_us(), RegisterOp::never, name_};
    const auto key = create(request, op, reason);
    if (!key) return;
    const bool committed = !key->empty() && follow(*key, op);
    if (!committed && op.returned == 0) return;
    record.registers[reg].push_back(op);
    ++(committed ? record.writes : record.unknown);
  }

  // The changeset's key; empty where the outcome stays unknown; none where it was refused, so that
  // nothing happened. The same token each time: a retry never applies twice.
  std::optional<std::string> create(const v2alpha1::CreateChangesetRequest& request,
                                    const RegisterOp& op, const std::string& reason) {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
      const auto answer = any().call(&Stub::CreateChangeset, request, {}, call_ms_max);
      if (answer.ok()) {
        record.acknowledged.push_back({op.called, now_us(), answer->position().revision(), reason});
        return answer->changeset();
      }
      if (!is_outcome_unknown(answer.status.error_code()) && attempt == 0) {
        ++record.refused;
        return std::nullopt;
      }
    }
    return std::string();
  }

  // Until the changeset is canonical or has failed. `op` returns 0 where it had no effect.
  bool follow(const std::string& key, RegisterOp& op) {
    const std::int64_t end = now_us() + commit_ms_max * 1'000;
    v2alpha1::GetChangesetRequest request;
    request.set_changeset(key);
    while (now_us() < end) {
      const auto answer = any().call(&Stub::GetChangeset, request, {}, 1'000);
      const auto phase = answer->changeset().phase();
      if (phase == CHANGESET_PHASE_COMMITTED || phase == CHANGESET_PHASE_DRAINED ||
          phase == CHANGESET_PHASE_FINALIZED) {
        op.returned = now_us();
        return true;
      }
      if (phase == CHANGESET_PHASE_FAILED) {
        op.returned = 0;
        return false;
      }
    }
    return false;
  }

  const std::string name_;
  std::mt19937 random_;
  std::vector<Client> clients_;
};

void join(Record& all, const Record& one) {
  for (const auto& [name, ops] : one.registers)
    all.registers[name].insert(all.registers[name].end(), ops.begin(), ops.end());
  all.acknowledged.insert(all.acknowledged.end(), one.acknowledged.begin(), one.acknowledged.end());
  all.reasons.insert(all.reasons.end(), one.reasons.begin(), one.reasons.end());
  all.refused += one.refused;
  all.unknown += one.unknown;
  all.reads += one.reads;
  all.writes += one.writes;
}

}  // namespace

Workload::Workload(std::vector<std::string> addresses, std::size_t clients, std::uint32_t seed)
    : addresses_(std::move(addresses)) {
  for (std::size_t i = 0; i < clients; ++i)
    threads_.emplace_back([this, i, seed] { run(i, seed + static_cast<std::uint32_t>(i)); });
}

Workload::~Workload() { stop(); }

void Workload::run(std::size_t client, std::uint32_t seed) {
  Worker worker(addresses_, "c" + std::to_string(client), seed);
  while (!stop_) worker.step(next_value_++);
  const std::lock_guard lock(mutex_);
  join(record_, worker.record);
}

Record Workload::stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return std::move(record_);
}

}  // namespace millrace::test
