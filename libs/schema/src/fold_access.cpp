#include "schema/fold_access.hpp"

namespace millrace::schema {

using statekit::CommitMeta;

void fold(access::Book& book, const TokenCreated& event, const CommitMeta& meta) {
  access::Token token = event.token;
  token.revision = meta.revision;
  token.author = meta.author;
  token.time_ms = meta.time_ms;
  book.put(std::move(token));
}

void fold(access::Book& book, const TokenRevoked& event, const CommitMeta&) {
  book.revoke(event.id);
}

void fold(access::Book& book, const RolesSet& event, const CommitMeta& meta) {
  access::Grant grant = event.grant;
  grant.revision = meta.revision;
  grant.author = meta.author;
  grant.time_ms = meta.time_ms;
  book.put(std::move(grant));
}

void fold(access::Book& book, const RolesUnset& event, const CommitMeta&) {
  book.withdraw(event.principal);
}

void restore(access::Book& book, const Snapshot& snapshot) {
  book = {};
  for (const access::Token& token : snapshot.tokens) book.put(token);
  for (const access::Grant& grant : snapshot.grants) book.put(grant);
}

}  // namespace millrace::schema
