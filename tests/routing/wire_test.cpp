// The scan of a call's bytes, with protobuf's own parser as the judge.
#include "services/routing/codec.hpp"

#include <random>

#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include "support/catch.hpp"
#include "v2alpha1/verb.pb.h"

using namespace millrace;
using namespace millrace::routing;
using statekit::Code;

namespace {

statekit::Result<CallHead> scan(const std::string& bytes) {
  const std::string_view piece = bytes;
  return scan_call(Pieces(&piece, 1));
}

v2alpha1::CallRequest full_request() {
  v2alpha1::CallRequest request;
  request.mutable_verb()->set_module("echo");
  request.mutable_verb()->set_name("get");
  request.mutable_verb()->mutable_spot()->set_line(7);
  request.set_body(R"({"name":"Ada"})");
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"millrace-request-id", "r-1"},    {"millrace-caller", "a.b"}, {"x-own", "passed on"},
      {"millrace-caller", "c.d"},        {"millrace-side", "chs-1"}, {"traceparent", "00-1-2-01"},
      {"millrace-min-revision", "ab:12"}};
  for (const auto& [name, value] : pairs) {
    auto* pair = request.add_metadata();
    pair->set_key(name);
    pair->set_value(value);
  }
  return request;
}

const CallHead full_head{"echo", "get", "r-1", "00-1-2-01", "ab:12", "chs-1", {"a.b", "c.d"}};

// What the scan must find in a message that protobuf understands.
CallHead head_of(const v2alpha1::CallRequest& request) {
  CallHead out;
  out.module = request.verb().module();
  out.verb = request.verb().name();
  for (const auto& pair : request.metadata()) {
    if (pair.key() == "millrace-request-id") out.request_id = pair.value();
    if (pair.key() == "millrace-side") out.side = pair.value();
    if (pair.key() == "millrace-min-revision") out.min_revision = pair.value();
    if (pair.key() == "traceparent") out.traceparent = pair.value();
    if (pair.key() == "millrace-caller") out.callers.push_back(pair.value());
  }
  return out;
}

bool has_group(const google::protobuf::Message& message) {
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i)
    if (fields.field(i).type() == google::protobuf::UnknownField::TYPE_GROUP) return true;
  return false;
}

bool has_group_anywhere(const v2alpha1::CallRequest& request) {
  if (has_group(request) || has_group(request.verb())) return true;
  for (const auto& pair : request.metadata())
    if (has_group(pair)) return true;
  return false;
}

}  // namespace

TEST_CASE("the scan finds the verb and the metadata that the platform knows") {
  const auto head = scan(full_request().SerializeAsString());
  REQUIRE(head);
  CHECK(*head == full_head);
}

TEST_CASE("the scan gives the same answer however the bytes are cut into pieces") {
  const std::string bytes = full_request().SerializeAsString();
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      pieces.push_back(std::string_view(bytes).substr(at, size));
      pieces.emplace_back();
    }
    const auto head = scan_call(pieces);
    REQUIRE(head);
    CHECK(*head == full_head);
  }
}

TEST_CASE("a request that names no verb is an invalid argument that says so") {
  for (const std::string& bytes : {std::string(), v2alpha1::CallRequest().SerializeAsString()}) {
    const auto head = scan(bytes);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == Code::invalid_argument);
    CHECK(head.error().message.find("names no verb") != std::string::npos);
  }
  v2alpha1::CallRequest odd;
  odd.mutable_verb()->set_module("../etc");
  odd.mutable_verb()->set_name("pass wd");
  CHECK_FALSE(scan(odd.SerializeAsString()));
}

TEST_CASE("G11: cut and flipped requests give an error or what protobuf reads too") {
  const std::string good = full_request().SerializeAsString();
  const google::protobuf::LogSilencer silence;
  std::mt19937_64 random(11);
  int agreed = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes = good;
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    for (std::uint64_t flips = random() % 4; flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto head = scan(bytes);
    if (!head) CHECK(head.error().code == Code::invalid_argument);
    v2alpha1::CallRequest judge;
    if (!judge.ParseFromString(bytes) || has_group_anywhere(judge)) continue;
    if (!is_ident(judge.verb().module()) || !is_ident(judge.verb().name())) continue;
    REQUIRE(head);
    REQUIRE(*head == head_of(judge));
    ++agreed;
  }
  CHECK(agreed > 50'000);
}

TEST_CASE("G11: random octets never crash the scan") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& octet : bytes) octet = static_cast<char>(random() % (round % 2 == 0 ? 32 : 256));
    (void)scan(bytes);
    const std::string_view piece = bytes;
    (void)scan_answer(Pieces(&piece, 1));
  }
}

TEST_CASE("G11: a length past the end is refused without reading it") {
  for (const std::string& bytes :
       {std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), std::string("\x0A\x05"),
        std::string("\x12\x80"), std::string("\x0A\xFF\xFF\xFF\xFF\x0F"), std::string("\x09\x01"),
        std::string("\x0B\x0C"), std::string("\x00\x00", 2)}) {
    const auto head = scan(bytes);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == Code::invalid_argument);
  }
}

TEST_CASE("G8: metadata and the chain of callers are bounded") {
  const auto with = [](int count, const std::string& name, const std::string& value) {
    v2alpha1::CallRequest request;
    request.mutable_verb()->set_module("echo");
    request.mutable_verb()->set_name("get");
    for (int i = 0; i < count; ++i) {
      request.add_metadata()->set_key(name);
      request.mutable_metadata(i)->set_value(value);
    }
    return scan(request.SerializeAsString());
  };
  CHECK(with(128, "k", "v"));
  CHECK_FALSE(with(129, "k", "v"));
  CHECK(with(64, "millrace-caller", "a.b"));
  const auto loop = with(65, "millrace-caller", "a.b");
  REQUIRE_FALSE(loop);
  CHECK(loop.error().message.find("loop") != std::string::npos);
  CHECK_FALSE(with(1, "k", std::string(64 * 1024, 'v')));
  CHECK_FALSE(with(1, "millrace-request-id", std::string(129, 'v')));
}

TEST_CASE("a pair that is put behind a request is part of it") {
  v2alpha1::CallRequest request = full_request();
  const std::string bytes =
      request.SerializeAsString() + encode_pair("some-key", std::string(300, 'v'));
  v2alpha1::CallRequest longer;
  REQUIRE(longer.ParseFromString(bytes));
  auto* pair = request.add_metadata();
  pair->set_key("some-key");
  pair->set_value(std::string(300, 'v'));
  CHECK(longer.SerializeAsString() == request.SerializeAsString());
}

TEST_CASE("an answer's error is told from its body") {
  const auto read = [](const v2alpha1::CallResponse& response) {
    const std::string bytes = response.SerializeAsString();
    const std::string_view piece = bytes;
    return scan_answer(Pieces(&piece, 1));
  };
  v2alpha1::CallResponse response;
  CHECK(read(response) == AnswerHead{});
  response.set_body("{}");
  CHECK(read(response) == AnswerHead{});
  response.mutable_error()->set_code("out-of-stock");
  response.mutable_error()->set_message("none left");
  response.mutable_error()->set_details("{}");
  CHECK(read(response) == AnswerHead{true, "out-of-stock", "none left"});
  const std::string_view garbage = "\x0A\x7F";
  CHECK_FALSE(scan_answer(Pieces(&garbage, 1)));
}

TEST_CASE("a position is INCARNATION colon REVISION and nothing else") {
  CHECK(parse_min_revision("abc:12") == MinRevision{"abc", 12});
  for (const char* bad :
       {"", ":", "abc", "abc:", ":12", "abc:12x", "abc:-1", "abc: 1", "abc:99999999999999999999"})
    CHECK_FALSE(parse_min_revision(bad));
}
