// A schema with everything in it as it was written when the format was released, read for ever. Its
// text stands beside it, frozen too: what was read must be what that text says.
#include <fstream>
#include <sstream>

#include "schema/codec.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"
#include "support/frozen.hpp"
#include "support/frozen_fields.hpp"
#include "v2alpha1/model.pb.h"

using namespace millrace;

namespace {

schema::Schema everything() {
  std::ostringstream text;
  text << std::ifstream(FIXTURES "/everything_1.schema").rdbuf();
  const schema::ParseResult parsed = schema::parse(text.str(), "everything_1.schema");
  REQUIRE(parsed.diagnostics.empty());
  schema::Schema schema = parsed.schema;
  schema.modules.at(1).builtin = true;  // which no text says
  return schema;
}

}  // namespace

TEST_CASE("G9: a schema with everything in it that was written before is read") {
  test::Frozen bytes(FIXTURES "/schema.txt");
  const auto before = bytes.of("everything_1", schema::encode(everything()));
  INFO(bytes.advice("everything_1"));
  REQUIRE(before);
  const auto read = schema::decode_schema(*before);
  REQUIRE(read);
  CHECK(*read == everything());
  const test::ReleasedProtos released(RELEASED_PROTOS);
  CHECK(released.fields("Schema").size() > 100);
  CHECK(test::left_out<v2alpha1::Schema>(released, {*before}) == test::FieldNames{});
}
