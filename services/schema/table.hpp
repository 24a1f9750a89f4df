// Table<Value>: the entries of one kind, by key, with an order-free digest that each change keeps
// up to date: the sum of the entries' hashes. Used by the schema service's state only. Values, free
// of threads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "schema/change.hpp"
#include "statekit/entry_hash.hpp"

namespace millrace::schema_service {

using statekit::EntryHash;

// The hash of each kind of entry (state_questions.cpp).
std::uint64_t hash_of(const schema::Deployment& deployment);
std::uint64_t hash_of(const schema::Endpoint& endpoint);
std::uint64_t hash_of(const schema::Changeset& changeset);
std::uint64_t hash_of(const schema::RememberedRequest& request);
std::uint64_t hash_of(const schema::SupersededBuild& build);
std::uint64_t hash_of(const schema::ConfigValue& value);

template <class Key, class Value>
class Table {
 public:
  const Value* find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }
  void put(const Key& key, Value value) {
    digest_ += hash_of(value);
    const auto [found, fresh] = entries_.try_emplace(key);
    if (!fresh) digest_ -= hash_of(found->second);
    found->second = std::move(value);
  }
  void erase(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    digest_ -= hash_of(found->second);
    entries_.erase(found);
  }
  // Nothing happens when there is no such entry: folding never refuses.
  template <class Change>
  void change(const Key& key, const Change& change_value) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    digest_ -= hash_of(found->second);
    change_value(found->second);
    digest_ += hash_of(found->second);
  }
  const std::map<Key, Value>& all() const { return entries_; }
  std::uint64_t digest() const { return digest_; }
  bool operator==(const Table&) const = default;

 private:
  std::map<Key, Value> entries_;
  std::uint64_t digest_ = 0;
};

}  // namespace millrace::schema_service
