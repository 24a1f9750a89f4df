#include <utility>

#include "codec_parts.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::Error;
using statekit::fail;
using statekit::Result;
using statekit::Status;
using statekit::within;

namespace {

v2alpha1::Visibility to_proto(Visibility visibility) {
  return static_cast<v2alpha1::Visibility>(static_cast<int>(visibility));
}

void put_variant(v2alpha1::EnumVariant& out, const EnumVariant& variant) {
  struct Visitor {
    v2alpha1::EnumVariant& message;
    void operator()(const std::string& text) const { message.set_string_value(text); }
    void operator()(std::int64_t number) const { message.set_int_value(number); }
    void operator()(double number) const { message.set_float_value(number); }
    void operator()(const Value& value) const { std::visit(*this, value); }
    void operator()(const Type& type) const {
      *message.mutable_type_value() = schema::to_proto(type);
    }
  };
  out.set_name(variant.name);
  std::visit(Visitor{out}, variant.value);
  put_comments(out, variant.comments);
  put_spot(out, variant.spot);
}

// What nearly every declaration has.
template <class Message, class Decl>
void put_head(Message& out, const Decl& decl) {
  out.set_name(decl.name);
  put_comments(out, decl.comments);
  put_spot(out, decl.spot);
  if constexpr (requires { decl.metadata; }) put_metadata(*out.mutable_metadata(), decl.metadata);
  if constexpr (requires { decl.visibility; }) out.set_visibility(to_proto(decl.visibility));
}

struct DeclWriter {
  v2alpha1::Module& module;

  void operator()(const Config& decl) const {
    v2alpha1::Config& out = *module.add_decls()->mutable_config();
    put_head(out, decl);
    *out.mutable_type() = schema::to_proto(decl.type);
  }
  void operator()(const Secret& decl) const {
    v2alpha1::Secret& out = *module.add_decls()->mutable_secret();
    put_head(out, decl);
    *out.mutable_type() = schema::to_proto(decl.type);
  }
  void operator()(const Database& decl) const {
    v2alpha1::Database& out = *module.add_decls()->mutable_database();
    put_head(out, decl);
    out.set_engine(decl.engine);
  }
  void operator()(const Topic& decl) const {
    v2alpha1::Topic& out = *module.add_decls()->mutable_topic();
    put_head(out, decl);
    *out.mutable_event() = schema::to_proto(decl.event);
  }
  void operator()(const TypeAlias& decl) const {
    v2alpha1::TypeAlias& out = *module.add_decls()->mutable_type_alias();
    put_head(out, decl);
    *out.mutable_type() = schema::to_proto(decl.type);
  }
  void operator()(const Enum& decl) const {
    v2alpha1::Enum& out = *module.add_decls()->mutable_enum_();
    put_head(out, decl);
    if (decl.type) *out.mutable_type() = schema::to_proto(*decl.type);
    for (const EnumVariant& variant : decl.variants) put_variant(*out.add_variants(), variant);
  }
  void operator()(const Data& decl) const {
    v2alpha1::Data& out = *module.add_decls()->mutable_data();
    put_head(out, decl);
    for (const TypeParameter& parameter : decl.parameters) {
      v2alpha1::TypeParameter& message = *out.add_parameters();
      message.set_name(parameter.name);
      put_spot(message, parameter.spot);
    }
    for (const Field& field : decl.fields) {
      v2alpha1::Field& message = *out.add_fields();
      put_head(message, field);
      *message.mutable_type() = schema::to_proto(field.type);
    }
  }
  void operator()(const Verb& decl) const {
    v2alpha1::Verb& out = *module.add_decls()->mutable_verb();
    put_head(out, decl);
    *out.mutable_request() = schema::to_proto(decl.request);
    *out.mutable_response() = schema::to_proto(decl.response);
  }
};

// Reads declarations into a module; remembers the first thing that no model can hold.
class DeclReader {
 public:
  explicit DeclReader(Module& module) : module_(module) {}

  Status read(const v2alpha1::Decl& in) {
    using D = v2alpha1::Decl;
    switch (in.decl_case()) {
      case D::kConfig: typed(module_.configs, in.config(), &Config::type); break;
      case D::kSecret: typed(module_.secrets, in.secret(), &Secret::type); break;
      case D::kDatabase:
        head(module_.databases, in.database()).engine = in.database().engine();
        break;
      case D::kTopic: head(module_.topics, in.topic()).event = type(in.topic().event()); break;
      case D::kTypeAlias: typed(module_.type_aliases, in.type_alias(), &TypeAlias::type); break;
      case D::kEnum: read_enum(in.enum_()); break;
      case D::kData: read_data(in.data()); break;
      case D::kVerb: read_verb(in.verb()); break;
      case D::DECL_NOT_SET:
        refuse({Code::invalid_argument, "a declaration of an unknown kind", {}});
    }
    if (error_) return fail(*error_);
    return {};
  }

 private:
  void refuse(Error error) {
    if (!error_) error_ = std::move(error);
  }

  template <class Message>
  Type type(const Message& message) {
    Result<Type> read = from_proto(message);
    if (read) return *std::move(read);
    refuse(std::move(read).error());
    return {};
  }

  std::vector<Metadata> metadata(const RepeatedMetadata& in) {
    Result<std::vector<Metadata>> read = metadata_from(in);
    if (read) return *std::move(read);
    refuse(std::move(read).error());
    return {};
  }

  template <class Decl, class Message>
  Decl& head(std::vector<Decl>& decls, const Message& message) {
    Decl& decl = decls.emplace_back();
    decl.name = message.name();
    decl.comments = comments_from(message);
    decl.spot = spot_from(message);
    if constexpr (requires { decl.metadata; }) decl.metadata = metadata(message.metadata());
    if constexpr (requires { decl.visibility; }) {
      decl.visibility = static_cast<Visibility>(message.visibility());
      if (message.visibility() < v2alpha1::VISIBILITY_UNSPECIFIED ||
          message.visibility() > v2alpha1::VISIBILITY_EXPORTED_REALM) {
        refuse({Code::invalid_argument, "an unknown visibility of " + message.name(), {}});
      }
    }
    return decl;
  }

  template <class Decl, class Message>
  void typed(std::vector<Decl>& decls, const Message& message, Type Decl::*member) {
    head(decls, message).*member = type(message.type());
  }

  void read_enum(const v2alpha1::Enum& in) {
    Enum& decl = head(module_.enums, in);
    if (in.has_type()) decl.type = type(in.type());
    for (const v2alpha1::EnumVariant& message : in.variants()) {
      EnumVariant& variant = decl.variants.emplace_back();
      variant.name = message.name();
      variant.comments = comments_from(message);
      variant.spot = spot_from(message);
      switch (message.value_case()) {
        case v2alpha1::EnumVariant::kStringValue:
          variant.value = Value(message.string_value());
          break;
        case v2alpha1::EnumVariant::kIntValue:
          variant.value = Value(static_cast<std::int64_t>(message.int_value()));
          break;
        case v2alpha1::EnumVariant::kFloatValue:
          variant.value = Value(message.float_value());
          break;
        case v2alpha1::EnumVariant::kTypeValue: variant.value = type(message.type_value()); break;
        case v2alpha1::EnumVariant::VALUE_NOT_SET:
          refuse({Code::invalid_argument, "the variant " + message.name() + " has no value", {}});
      }
    }
  }

  void read_data(const v2alpha1::Data& in) {
    Data& decl = head(module_.datas, in);
    for (const v2alpha1::TypeParameter& parameter : in.parameters()) {
      decl.parameters.push_back({parameter.name(), spot_from(parameter)});
    }
    for (const v2alpha1::Field& field : in.fields()) {
      head(decl.fields, field).type = type(field.type());
    }
  }

  void read_verb(const v2alpha1::Verb& in) {
    Verb& decl = head(module_.verbs, in);
    decl.request = type(in.request());
    decl.response = type(in.response());
  }

  Module& module_;
  std::optional<Error> error_;
};

}  // namespace

v2alpha1::Module to_proto(const Module& module) {
  v2alpha1::Module message;
  message.set_name(module.name);
  message.set_realm(module.realm);
  message.set_external(module.external);
  message.set_builtin(module.builtin);
  put_metadata(*message.mutable_metadata(), module.metadata);
  for_each_decl(module, DeclWriter{message});
  put_comments(message, module.comments);
  put_spot(message, module.spot);
  message.set_file(module.file.name);
  return message;
}

Result<Module> from_proto(const v2alpha1::Module& message) {
  Module module;
  module.name = message.name();
  module.realm = message.realm();
  module.external = message.external();
  module.builtin = message.builtin();
  module.comments = comments_from(message);
  module.spot = spot_from(message);
  module.file.name = message.file();
  Result<std::vector<Metadata>> metadata = metadata_from(message.metadata());
  if (!metadata) return fail(within("module " + module.name, std::move(metadata).error()));
  module.metadata = *std::move(metadata);
  DeclReader reader(module);
  for (const v2alpha1::Decl& decl : message.decls()) {
    if (Status read = reader.read(decl); !read) {
      return fail(within("module " + module.name, std::move(read).error()));
    }
  }
  return module;
}

}  // namespace millrace::schema
