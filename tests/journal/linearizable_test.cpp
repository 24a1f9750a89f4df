// The judge of concurrent histories, judged: what must pass and what must not.
#include "support/linearizable.hpp"

#include "support/catch.hpp"

using namespace millrace::test;

namespace {

Happening::Time at(int tick) { return Happening::Time(std::chrono::milliseconds(tick)); }

Happening append(int called, int returned, millrace::statekit::Revision last) {
  return {true, at(called), at(returned), last, millrace::statekit::sha256(std::to_string(last))};
}

Happening head(int called, int returned, millrace::statekit::Revision last) {
  Happening read = append(called, returned, last);
  read.append = false;
  if (last == 0) read.digest = {};
  return read;
}

}  // namespace

TEST_CASE("a head may show an append that has begun and not returned") {
  CHECK_FALSE(contradiction({append(0, 9, 1), head(1, 2, 1), head(3, 4, 1)}));
  CHECK_FALSE(contradiction({append(0, 9, 1), head(1, 2, 0), head(3, 4, 1)}));
  CHECK_FALSE(contradiction({}));
}

TEST_CASE("a head older than an append that had returned is a contradiction") {
  CHECK(contradiction({append(0, 1, 1), head(2, 3, 0)}));
  CHECK(contradiction({append(0, 1, 1), append(2, 3, 2), head(4, 5, 1)}));
}

TEST_CASE("heads that go back are a contradiction") {
  CHECK(contradiction({append(0, 9, 1), head(1, 2, 1), head(3, 4, 0)}));
}

TEST_CASE("a head of an append that has not begun is a contradiction") {
  CHECK(contradiction({head(0, 1, 1), append(2, 3, 1)}));
  CHECK(contradiction({head(0, 1, 5)}));
}

TEST_CASE("two appends of one revision are a contradiction") {
  CHECK(contradiction({append(0, 1, 1), append(0, 1, 1)}));
}

TEST_CASE("a head with another digest than its append is a contradiction") {
  Happening other = head(2, 3, 1);
  other.digest = millrace::statekit::sha256("other");
  CHECK(contradiction({append(0, 1, 1), other}));
}
