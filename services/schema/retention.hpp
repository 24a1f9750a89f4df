// How much of the past is kept: commits go when they are over the number that is kept and older
// than the age that is kept, and only together with the snapshots before them. The conductor asks
// when it is time; the work blocks on storage, so it is done on a worker. `due` is called on one
// thread.
#pragma once

#include <cstdint>

#include "statekit/clock.hpp"
#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

// 0: no such rule. Without any rule everything is kept.
struct RetentionRules {
  statekit::Revision commits = 0;
  std::int64_t age_ms = 0;
};

// Compacts to the newest snapshot that the rules allow; how many commits went.
statekit::Result<std::uint64_t> retire(statekit::Journal& journal, const RetentionRules& rules,
                                       statekit::WallMs now);

class Retention {
 public:
  explicit Retention(RetentionRules rules) : rules_(rules) {}

  // Once a minute, where there is a rule.
  bool due(statekit::MonoMs now);
  const RetentionRules& rules() const { return rules_; }

 private:
  const RetentionRules rules_;
  statekit::MonoMs next_ = 0;
};

}  // namespace millrace::schema_service
