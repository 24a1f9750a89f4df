// A MachineCore over the toy state and a journal in memory, driven by hand, with the answers kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/memory.hpp"
#include "statekit/machine_core.hpp"
#include "support/commits.hpp"
#include "support/toy.hpp"

namespace millrace::test {

using ToyCore = statekit::MachineCore<ToyModel>;
using ToyAnswer = std::shared_ptr<std::optional<statekit::Result<statekit::Committed>>>;

// One process with a machine; several over one store act as replicas.
struct ToyReplica {
  explicit ToyReplica(std::shared_ptr<journal::MemoryStore> shared = nullptr,
                      statekit::MachineLimits limits = {})
      : store(shared ? std::move(shared) : journal::make_memory_store()),
        journal(journal::make_memory_journal(store, faults)),
        core(*journal, broadcast, limits, [this](std::string_view event, std::string_view detail) {
          notes.push_back(std::string(event) + " " + std::string(detail));
        }) {}

  statekit::Status start() { return core.start({incarnation_a, true}); }

  ToyAnswer submit(ToyCommand command, statekit::CommandMeta meta = {},
                   statekit::MonoMs deadline = 1'000'000) {
    auto answer = std::make_shared<std::optional<statekit::Result<statekit::Committed>>>();
    core.submit(std::move(command), std::move(meta), deadline,
                [answer](statekit::Result<statekit::Committed> result) {
                  statekit::check(!answer->has_value(), "each command is answered once");
                  *answer = std::move(result);
                });
    return answer;
  }
  ToyAnswer add(const std::string& name, std::int64_t amount) { return submit({name, amount, 1}); }

  // Until there is nothing left to do, or `steps` are over.
  void run(int steps = 100, statekit::MonoMs now = 0) {
    for (int i = 0; i < steps; ++i)
      if (!core.step(now).more) return;
  }
  std::int64_t value(const std::string& name) const {
    return core.projection().read()->value(name);
  }
  statekit::Revision revision() const { return core.projection().revision(); }

  std::shared_ptr<journal::MemoryStore> store;
  std::shared_ptr<journal::Faults> faults = std::make_shared<journal::Faults>();
  std::unique_ptr<statekit::Journal> journal;
  statekit::Broadcast broadcast;
  std::vector<std::string> notes;
  ToyCore core;
};

inline statekit::Code code_of(const ToyAnswer& answer) {
  if (!answer->has_value()) return statekit::Code::internal;
  return (*answer)->has_value() ? statekit::Code::ok : (*answer)->error().code;
}
inline statekit::Revision revision_of(const ToyAnswer& answer) {
  return code_of(answer) == statekit::Code::ok ? (**answer)->revision : 0;
}

// What a fresh process would read from the store: the judge of what is durable.
inline ToyState folded(const std::shared_ptr<journal::MemoryStore>& store) {
  const auto journal = journal::make_memory_journal(store);
  statekit::check(journal->open({incarnation_b, false}).has_value(), "the store opens");
  ToyState state;
  const auto entries = journal->read(0, 1'000'000, 1'000'000'000);
  statekit::check(entries.has_value(), "the store can be read");
  for (const statekit::Entry& entry : *entries) {
    const auto envelope = statekit::decode_envelope(entry.commit);
    state.apply(*statekit::from_envelope<ToyCodec>(entry.revision, *envelope));
  }
  return state;
}

}  // namespace millrace::test
