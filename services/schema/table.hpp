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

namespace millrace::schema_service {

// Feeds the fields of one entry, each closed off from the next; the same on every machine.
class EntryHash {
 public:
  EntryHash& add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char octet : text) mix(static_cast<unsigned char>(octet));
    return *this;
  }
  EntryHash& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix((number >> shift) & 0xff);
    return *this;
  }
  template <class List>
  EntryHash& add_all(const List& texts) {
    add(std::uint64_t{texts.size()});
    for (const auto& text : texts) add(std::string_view(text));
    return *this;
  }
  // FNV-1a alone is too weak to be summed up; this is the finish of MurmurHash3.
  std::uint64_t value() const {
    std::uint64_t hash = hash_;
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 33);
  }

 private:
  void mix(std::uint64_t octet) { hash_ = (hash_ ^ octet) * 0x100000001b3ULL; }
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

// The hash of each kind of entry (state_questions.cpp).
std::uint64_t hash_of(const schema::Deployment& deployment);
std::uint64_t hash_of(const schema::Endpoint& endpoint);
std::uint64_t hash_of(const schema::Changeset& changeset);
std::uint64_t hash_of(const schema::RememberedRequest& request);
std::uint64_t hash_of(const schema::SupersededBuild& build);

template <class Key, class Value>
class Table {
 public:
  const Value* find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }
  void put(const Key& key, Value value) {
    erase(key);
    digest_ += hash_of(value);
    entries_.emplace(key, std::move(value));
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
