#include "access/book.hpp"
#include "support/catch.hpp"

using namespace millrace::access;
using millrace::statekit::Code;

namespace {

std::string token_text(const std::string& id) {
  return "mlr_" + id + "_" + std::string(token_secret_characters, 's');
}

Token token_of(const std::string& id, const std::string& principal, WallMs expires = 0) {
  Token token;
  token.id = id;
  token.hash = millrace::statekit::sha256(token_text(id));
  token.principal = principal;
  token.expires_ms = expires;
  return token;
}

Book book_with_ada() {
  Book book;
  book.put(token_of("aaaaaaaaaa", "ada", 1'000));
  book.put(Grant{"ada", {{Role::viewer, {}}}, 1, "root", 5});
  return book;
}

}  // namespace

TEST_CASE("a token makes known whose it is and what they may do") {
  const auto caller = book_with_ada().caller_by_token(token_text("aaaaaaaaaa"), 999);
  REQUIRE(caller);
  CHECK(caller->name == "ada");
  CHECK(caller->shown == "token aaaaaaaaaa");
  CHECK(caller->roles == std::vector<RoleBinding>{{Role::viewer, {}}});
}

TEST_CASE("a token that is unknown, wrong, revoked or over makes nobody known") {
  Book book = book_with_ada();
  const std::string right = token_text("aaaaaaaaaa");
  std::string wrong = right;
  wrong.back() = 'x';
  for (const std::string& text :
       {std::string(), std::string("x"), wrong, token_text("bbbbbbbbbb"), right + " "}) {
    const auto caller = book.caller_by_token(text, 1);
    REQUIRE_FALSE(caller);
    CHECK(caller.error().code == Code::unauthenticated);
    CHECK(caller.error().message == "this token is not known, or was revoked");
  }
  const auto over = book.caller_by_token(right, 1'000);
  REQUIRE_FALSE(over);
  CHECK(over.error().message == "this token has expired");
  book.revoke("aaaaaaaaaa");
  CHECK_FALSE(book.caller_by_token(right, 1));
}

TEST_CASE("who has a token and no role any more is known and may do nothing") {
  Book book = book_with_ada();
  book.withdraw("ada");
  const auto caller = book.caller_by_token(token_text("aaaaaaaaaa"), 1);
  REQUIRE(caller);
  CHECK_FALSE(caller->may(Permission::read));
}

TEST_CASE("the digest of a book follows its entries, in whatever order they came") {
  Book one;
  Book two;
  one.put(token_of("aaaaaaaaaa", "ada"));
  one.put(token_of("bbbbbbbbbb", "bob"));
  one.put(Grant{"ada", {{Role::viewer, {}}}, 1, "root", 5});
  two.put(Grant{"ada", {{Role::admin, {}}}, 1, "root", 5});
  two.put(token_of("bbbbbbbbbb", "bob"));
  two.put(token_of("aaaaaaaaaa", "ada"));
  CHECK(one.digest() != two.digest());
  two.put(Grant{"ada", {{Role::viewer, {}}}, 1, "root", 5});
  CHECK(one.digest() == two.digest());
  CHECK(one == two);
  for (const char* id : {"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"}) one.revoke(id);
  one.withdraw("ada");
  CHECK(one.digest() == Book().digest());
  CHECK(one == Book());
}
