#include "services/ingress/headers.hpp"

#include "services/ingress/base64.hpp"
#include "support/catch.hpp"

namespace millrace::ingress {
namespace {

TEST_CASE("a wanted revision is an incarnation and a number") {
  const std::string incarnation(32, 'a');
  const auto read = [](const std::string& value) {
    return min_revision_of({{"Millrace-Min-Revision", value}});
  };
  CHECK(**read(incarnation + ":12") == MinRevision{incarnation, 12});
  CHECK(min_revision_of({})->has_value() == false);
  for (const std::string& bad :
       {std::string(), std::string("12"), incarnation, incarnation + ":", incarnation + ":-1",
        incarnation + ":1x", incarnation + ":99999999999999999999", std::string(31, 'a') + ":1",
        std::string(32, 'G') + ":1"}) {
    INFO(bad);
    CHECK_FALSE(read(bad));
  }
}

TEST_CASE("base64 gives back what it took") {
  std::string octets;
  for (int i = 0; i < 300; ++i) {
    CHECK(from_base64(to_base64(octets)) == octets);
    octets += static_cast<char>(i * 7);
  }
  CHECK_FALSE(from_base64("a"));
  CHECK_FALSE(from_base64("a!c="));
}

TEST_CASE("a media type is compared without case and parameters") {
  CHECK(media_type(" Application/JSON ; charset=utf-8") == "application/json");
  CHECK(charset_of("text/plain; Charset=\"UTF-8\"; x=y") == "utf-8");
  CHECK(charset_of("text/plain").empty());
}

}  // namespace
}  // namespace millrace::ingress
