#include "schema/codec.hpp"

#include <utility>

#include "codec_parts.hpp"

namespace millrace::schema {

using statekit::Bytes;
using statekit::BytesView;
using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::within;

namespace {

template <class Message>
Result<Message> parsed(BytesView bytes, const char* what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(Code::data_loss, std::string("not an encoded ") + what);
  }
  return message;
}

}  // namespace

Bytes encode(const Module& module) { return to_proto(module).SerializeAsString(); }

Result<Module> decode_module(BytesView bytes) {
  Result<v2alpha1::Module> message = parsed<v2alpha1::Module>(bytes, "module");
  if (!message) return fail(std::move(message).error());
  return from_proto(*message);
}

Bytes encode(const Schema& schema) { return to_proto(schema).SerializeAsString(); }

Result<Schema> decode_schema(BytesView bytes) {
  Result<v2alpha1::Schema> message = parsed<v2alpha1::Schema>(bytes, "schema");
  if (!message) return fail(std::move(message).error());
  return from_proto(*message);
}

v2alpha1::Schema to_proto(const Schema& schema) {
  v2alpha1::Schema message;
  for (const Realm& realm : schema.realms) {
    v2alpha1::Realm& out = *message.add_realms();
    out.set_name(realm.name);
    out.set_external(realm.external);
    put_comments(out, realm.comments);
    put_spot(out, realm.spot);
  }
  for (const Module& module : schema.modules) *message.add_modules() = to_proto(module);
  for (const std::string& line : schema.closing_comments) message.add_closing_comments(line);
  return message;
}

Result<Schema> from_proto(const v2alpha1::Schema& message) {
  Schema schema;
  for (const v2alpha1::Realm& realm : message.realms()) {
    schema.realms.push_back(
        {realm.name(), realm.external(), comments_from(realm), spot_from(realm)});
  }
  for (const v2alpha1::Module& in : message.modules()) {
    Result<Module> module = from_proto(in);
    if (!module) return fail(std::move(module).error());
    schema.modules.push_back(*std::move(module));
  }
  schema.closing_comments = strings_from(message.closing_comments());
  return schema;
}

}  // namespace millrace::schema
