#include <utility>

#include "parser.hpp"
#include "schema/limits.hpp"
#include "schema/suggest.hpp"

namespace millrace::schema {

bool Parser::decl(Module& module) {
  Comments comments;
  comments.before = take();
  Visibility visibility = Visibility::internal;
  const bool visible = accept_word("export");
  if (visible) {
    visibility = accept_word("realm") ? Visibility::exported_realm : Visibility::exported;
  }
  return decl_of(module, visibility, visible, std::move(comments));
}

bool Parser::decl_of(Module& module, Visibility visibility, bool visible, Comments comments) {
  if (accept_word("config")) {
    return no_visibility(visible, "config") && config(module, std::move(comments));
  }
  if (accept_word("secret")) {
    return no_visibility(visible, "secret") && secret(module, std::move(comments));
  }
  if (accept_word("database")) {
    return no_visibility(visible, "database") && database(module, std::move(comments));
  }
  if (accept_word("topic")) return topic(module, visibility, std::move(comments));
  if (accept_word("typealias")) return type_alias(module, visibility, std::move(comments));
  if (accept_word("enum")) return enumeration(module, visibility, std::move(comments));
  if (accept_word("data")) return data(module, visibility, std::move(comments));
  if (accept_word("verb")) return verb(module, visibility, std::move(comments));
  std::string hint;
  if (cur_.kind == TokenKind::word) {
    hint = declaration_called_here(cur_.text);
    if (hint.empty())
      hint = did_you_mean(cur_.text, {"config", "secret", "database", "topic", "typealias", "enum",
                                      "data", "verb", "export"});
  }
  return wrong(
      "a declaration (config, secret, database, topic, typealias, enum, data or verb) or `}`",
      hint);
}

bool Parser::no_visibility(bool visible, std::string_view what) {
  if (!visible) return true;
  return complain(prev_.spot, "a " + std::string(what) + " cannot be exported; drop `export`");
}

// Only what the grammar gives metadata has some; the rest of it is skipped with the declaration.
bool Parser::no_metadata(const std::string& what) {
  if (!at('+')) return true;
  return complain(cur_.spot, what + " takes no metadata; take the `+...` away");
}

bool Parser::config(Module& module, Comments comments) {
  Config decl;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the config") || !type(decl.type)) return false;
  end_line(decl.comments);
  module.configs.push_back(std::move(decl));
  return no_metadata("a config");
}

bool Parser::secret(Module& module, Comments comments) {
  Secret decl;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the secret") || !type(decl.type)) return false;
  end_line(decl.comments);
  module.secrets.push_back(std::move(decl));
  return no_metadata("a secret");
}

bool Parser::database(Module& module, Comments comments) {
  Database decl;
  decl.comments = std::move(comments);
  if (!at_word("postgres") && !at_word("mysql")) {
    return wrong("`postgres` or `mysql`", cur_.kind == TokenKind::word
                                              ? did_you_mean(cur_.text, {"postgres", "mysql"})
                                              : "");
  }
  decl.engine = cur_.text;
  advance();
  if (!ident(decl.name, decl.spot, "the name of the database")) return false;
  end_line(decl.comments);
  const bool read = metadata_list(decl.metadata);
  module.databases.push_back(std::move(decl));
  return read;
}

bool Parser::topic(Module& module, Visibility visibility, Comments comments) {
  Topic decl;
  decl.visibility = visibility;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the topic") || !type(decl.event)) return false;
  end_line(decl.comments);
  const bool read = metadata_list(decl.metadata);
  module.topics.push_back(std::move(decl));
  return read;
}

bool Parser::type_alias(Module& module, Visibility visibility, Comments comments) {
  TypeAlias decl;
  decl.visibility = visibility;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the typealias") || !type(decl.type)) return false;
  end_line(decl.comments);
  const bool read = metadata_list(decl.metadata);
  module.type_aliases.push_back(std::move(decl));
  return read;
}

bool Parser::enumeration(Module& module, Visibility visibility, Comments comments) {
  Enum decl;
  decl.visibility = visibility;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the enum")) return false;
  if (accept(':') && !type(decl.type.emplace())) return false;
  if (!expect('{', "before the variants of enum " + decl.name)) return false;
  end_line(decl.comments);
  while (!at('}') && !at_end() && !at_next_module()) {
    if (!variant(decl)) skip_item();
  }
  const bool closed = expect('}', "after the variants of enum " + decl.name);
  if (closed) end_block(decl.comments);
  module.enums.push_back(std::move(decl));
  return closed && no_metadata("an enum");
}

bool Parser::variant(Enum& decl) {
  EnumVariant variant;
  variant.comments.before = take();
  if (!ident(variant.name, variant.spot, "the name of a variant, or `}`")) {
    advance();
    return false;
  }
  if (accept('=')) {
    if (!value(variant.value.emplace<Value>())) return false;
  } else if (at(',') || at('}') || at(':')) {
    return wrong("`=` and a value, or a type, after the variant " + variant.name,
                 "; such as `Red = \"red\"` or `Circle shapes.Circle`");
  } else if (!type(variant.value.emplace<Type>())) {
    return false;
  }
  end_line(variant.comments);
  decl.variants.push_back(std::move(variant));
  return true;
}

bool Parser::data(Module& module, Visibility visibility, Comments comments) {
  Data decl;
  decl.visibility = visibility;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the data")) return false;
  if (accept('<') && !type_parameters(decl)) return false;
  if (!expect('{', "before the fields of data " + decl.name)) return false;
  end_line(decl.comments);
  if (!metadata_list(decl.metadata)) skip_item();
  while (!at('}') && !at_end() && !at_next_module()) {
    if (!field(decl)) skip_item();
  }
  const bool closed = expect('}', "after the fields of data " + decl.name);
  if (closed) end_block(decl.comments);
  module.datas.push_back(std::move(decl));
  if (!closed || !at('+')) return closed;
  return complain(cur_.spot, "the metadata of data " + module.datas.back().name +
                                 " stands inside its braces, before the first field");
}

bool Parser::type_parameters(Data& decl) {
  do {
    if (decl.parameters.size() == type_parameters_max) {
      return complain(cur_.spot, "data " + decl.name + " has more than " +
                                     std::to_string(type_parameters_max) + " type parameters");
    }
    TypeParameter& parameter = decl.parameters.emplace_back();
    if (!ident(parameter.name, parameter.spot, "the name of a type parameter")) return false;
  } while (accept(','));
  return expect('>', "or `,` after a type parameter");
}

bool Parser::field(Data& decl) {
  Field field;
  field.comments.before = take();
  if (!ident(field.name, field.spot, "the name of a field, or `}`")) {
    advance();
    return false;
  }
  if (!type(field.type)) return false;
  end_line(field.comments);
  const bool read = metadata_list(field.metadata);
  decl.fields.push_back(std::move(field));
  return read;
}

bool Parser::verb(Module& module, Visibility visibility, Comments comments) {
  Verb decl;
  decl.visibility = visibility;
  decl.comments = std::move(comments);
  if (!ident(decl.name, decl.spot, "the name of the verb")) return false;
  if (!expect('(', "before the request type of verb " + decl.name)) return false;
  if (!type(decl.request)) return false;
  if (!expect(')', "after the request type of verb " + decl.name)) return false;
  if (!type(decl.response)) return false;
  end_line(decl.comments);
  const bool read = metadata_list(decl.metadata);
  module.verbs.push_back(std::move(decl));
  return read;
}

}  // namespace millrace::schema
