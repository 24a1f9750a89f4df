// ChangeState: what the schema service's commits mean to people who watch: changesets that move,
// deployments and endpoints that come and go. Pure: a state that a Projection holds. It keeps the
// names that later events leave out, and the events of its last commits, for the service to pick
// up.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "access/book.hpp"
#include "schema/change.hpp"
#include "statekit/timeline_event.hpp"

namespace millrace::timeline {

// How many of the last commits' events a ChangeState keeps.
inline constexpr std::size_t recent_max = 4'096;

class ChangeState {
 public:
  using Event = schema::Event;
  using Snapshot = schema::Snapshot;

  void apply(const schema::Commit& commit);
  void restore(const Snapshot& snapshot);

  statekit::Revision revision() const { return revision_; }
  std::uint64_t digest() const { return digest_ + book_.digest(); }
  // Who may do what.
  const access::Book& book() const { return book_; }
  // What happened lately is no part of what is true now.
  bool operator==(const ChangeState& other) const {
    return revision_ == other.revision_ && digest_ == other.digest_ &&
           deployments_ == other.deployments_ && endpoints_ == other.endpoints_ &&
           changesets_ == other.changesets_ && book_ == other.book_;
  }

  // Where the last snapshot stood: nothing is known of the way to it.
  statekit::Revision restored_revision() const { return restored_; }
  // The events of the commits after `revision`, oldest first, as far as they are kept.
  std::vector<statekit::TimelineEvent> events_after(statekit::Revision revision) const;

 private:
  struct Endpoint {
    std::string deployment;
    std::string address;
    bool operator==(const Endpoint&) const = default;
  };
  struct Changeset {
    std::vector<std::string> deployments;
    std::vector<std::string> removed_modules;
    std::vector<std::string> replaced;
    bool operator==(const Changeset&) const = default;
  };
  template <class Value>
  using ByKey = std::map<std::string, Value>;
  struct Fold;

  template <class Value>
  void put(ByKey<Value>& entries, const std::string& key, Value value);
  template <class Value>
  void drop(ByKey<Value>& entries, const std::string& key);
  void add(const schema::Changeset& changeset);
  std::vector<std::string> modules_of(const std::string& changeset) const;
  std::string module_of(const std::string& deployment) const;

  statekit::Revision revision_ = 0;
  statekit::Revision restored_ = 0;
  access::Book book_;
  std::uint64_t digest_ = 0;
  ByKey<std::string> deployments_;  // key -> module
  ByKey<Endpoint> endpoints_;
  ByKey<Changeset> changesets_;  // those that are not over
  std::deque<std::pair<statekit::Revision, statekit::TimelineEvent>> recent_;
};

}  // namespace millrace::timeline
