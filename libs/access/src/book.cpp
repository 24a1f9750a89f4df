#include "access/book.hpp"

#include <utility>

#include "statekit/entry_hash.hpp"

namespace millrace::access {

using statekit::EntryHash;

namespace {

std::uint64_t hash_of(const Token& token) {
  return EntryHash()
      .add("token")
      .add(token.id)
      .add(statekit::to_bytes(token.hash))
      .add(token.principal)
      .add(token.note)
      .add(static_cast<std::uint64_t>(token.expires_ms))
      .add(token.revision)
      .add(token.author)
      .add(static_cast<std::uint64_t>(token.time_ms))
      .value();
}

std::uint64_t hash_of(const Grant& grant) {
  return EntryHash()
      .add("grant")
      .add(grant.principal)
      .add(text_of(grant.roles))
      .add(grant.revision)
      .add(grant.author)
      .add(static_cast<std::uint64_t>(grant.time_ms))
      .value();
}

template <class Value>
void put_in(std::map<std::string, Value>& entries, const std::string& key, Value value,
            std::uint64_t& digest) {
  const auto [found, fresh] = entries.try_emplace(key);
  if (!fresh) digest -= hash_of(found->second);
  digest += hash_of(value);
  found->second = std::move(value);
}

template <class Value>
void take_out(std::map<std::string, Value>& entries, const std::string& key,
              std::uint64_t& digest) {
  const auto found = entries.find(key);
  if (found == entries.end()) return;
  digest -= hash_of(found->second);
  entries.erase(found);
}

template <class Value>
const Value* find_in(const std::map<std::string, Value>& entries, const std::string& key) {
  const auto found = entries.find(key);
  return found == entries.end() ? nullptr : &found->second;
}

// Always looks at every octet.
bool same(const Digest& a, const Digest& b) {
  unsigned different = 0;
  for (std::size_t i = 0; i < a.octets.size(); ++i)
    different |= static_cast<unsigned>(a.octets[i] ^ b.octets[i]);
  return different == 0;
}

}  // namespace

void Book::put(Token token) {
  const std::string id = token.id;
  put_in(tokens_, id, std::move(token), digest_);
}
void Book::revoke(const std::string& id) { take_out(tokens_, id, digest_); }
void Book::put(Grant grant) {
  const std::string principal = grant.principal;
  put_in(grants_, principal, std::move(grant), digest_);
}
void Book::withdraw(const std::string& principal) { take_out(grants_, principal, digest_); }

const Token* Book::token(const std::string& id) const { return find_in(tokens_, id); }
const Grant* Book::grant(const std::string& principal) const { return find_in(grants_, principal); }

statekit::Result<Caller> Book::caller_by_token(std::string_view text, WallMs now_ms) const {
  const std::string id(id_of_token(text));
  const Token* known = id.empty() ? nullptr : token(id);
  // One answer for all that is not known: it tells nobody whether an id exists.
  if (known == nullptr || !same(known->hash, statekit::sha256(text)))
    return statekit::fail(statekit::Code::unauthenticated,
                          "this token is not known, or was revoked");
  if (known->expires_ms != 0 && known->expires_ms <= now_ms)
    return statekit::fail(statekit::Code::unauthenticated, "this token has expired");
  Caller caller = caller_by_name(known->principal);
  caller.shown = "token " + id;
  return caller;
}

Caller Book::caller_by_name(const std::string& name) const {
  const Grant* known = grant(name);
  return {name, known == nullptr ? std::vector<RoleBinding>{} : known->roles, "name"};
}

}  // namespace millrace::access
