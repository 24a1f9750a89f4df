// The codec gives back what it was given, and refuses bytes that no model can hold.
#include "schema/codec.hpp"

#include "schema/codec_pb.hpp"
#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::schema;

namespace {

Module sample() {
  Module module;
  module.name = "shop";
  module.file.name = "shop.schema";
  module.configs.push_back({"limit", type_of(TypeKind::integer), {}, {2, 3}});
  Enum state{Visibility::exported, "State", type_of(TypeKind::string), {}, {}, {}};
  state.variants.push_back({"Open", Value(std::string("open")), {}, {}});
  state.variants.push_back({"Typed", array_of(type_of(TypeKind::bytes)), {}, {}});
  module.enums.push_back(state);
  Verb verb;
  verb.visibility = Visibility::exported_realm;
  verb.name = "get";
  verb.request = optional_of(ref_to("shop", "Item", {type_of(TypeKind::any)}));
  verb.metadata.push_back({Ingress{"GET", "/shop/{id}"}, {{"reads"}, "", {}, ""}, {4, 5}});
  verb.metadata.push_back({Retry{std::int64_t{0}, "1s", "", Ref{"shop", "failed", {}}}, {}, {}});
  module.verbs.push_back(verb);
  return module;
}

}  // namespace

TEST_CASE("a module comes back from its bytes as it was, places included") {
  const Module module = sample();
  const auto read = decode_module(encode(module));
  REQUIRE(read.has_value());
  CHECK(*read == module);
  CHECK(read->file.name == "shop.schema");
  CHECK(read->configs.at(0).spot.line == 2);
  CHECK(read->verbs.at(0).metadata.at(0).spot.column == 5);
}

TEST_CASE("bytes that are no module are refused") {
  CHECK(decode_module("\xff\xff\xff").error().code == statekit::Code::data_loss);
}

TEST_CASE("a message that no model can hold is refused") {
  v2alpha1::Module missing_kind;
  missing_kind.add_decls();
  CHECK_FALSE(from_proto(missing_kind).has_value());

  v2alpha1::Type map;
  map.set_kind(v2alpha1::TYPE_KIND_MAP);
  CHECK_FALSE(from_proto(map).has_value());

  v2alpha1::Type deep;
  v2alpha1::Type* inner = &deep;
  for (int i = 0; i < 65; ++i) {
    inner->set_kind(v2alpha1::TYPE_KIND_ARRAY);
    inner = inner->add_arguments();
  }
  inner->set_kind(v2alpha1::TYPE_KIND_INT);
  CHECK_FALSE(from_proto(deep).has_value());
}
