// Book: all grants and tokens at one revision, folded from the schema service's commits; a part of
// the states of those who have a door to guard. Pure; a value, free of threads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "access/caller.hpp"
#include "access/model.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

class Book {
 public:
  // Folding never refuses.
  void put(Token token);
  void revoke(const std::string& id);
  void put(Grant grant);
  void withdraw(const std::string& principal);

  const Token* token(const std::string& id) const;
  const Grant* grant(const std::string& principal) const;
  const std::map<std::string, Token>& tokens() const { return tokens_; }
  const std::map<std::string, Grant>& grants() const { return grants_; }

  // Who shows this token: Unauthenticated where it is unknown, revoked or expired.
  statekit::Result<Caller> caller_by_token(std::string_view text, WallMs now_ms) const;
  // Who is verified to have this name; without a grant it has no role.
  Caller caller_by_name(const std::string& name) const;

  // Order-free, of the entries; 0 of an empty book.
  std::uint64_t digest() const { return digest_; }
  bool operator==(const Book&) const = default;

 private:
  std::map<std::string, Token> tokens_;  // by id
  std::map<std::string, Grant> grants_;  // by principal
  std::uint64_t digest_ = 0;
};

}  // namespace millrace::access
