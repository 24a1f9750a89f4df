// What no schema text can say, but a module from the wire or from an old store can: it must not get
// in, since it could not be printed and read again. Rule `syntax`, but for names.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "checker.hpp"
#include "schema/limits.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

class Grammar {
 public:
  Grammar(const CheckRun& run, const Module& module) : run_(run), module_(module) {}

  void check() {
    if (!module_.realm.empty()) ident(module_.spot, module_.realm);
    comments(module_.spot, module_.comments);
    for (const Metadata& entry : module_.metadata) metadata(entry);
    for_each_decl(module_, [this](const auto& decl) {
      comments(decl.spot, decl.comments);
      own(decl);
      walk_metadata(decl, [this](const Metadata& entry) { metadata(entry); });
    });
  }

 private:
  void add(const Spot& spot, std::string message) {
    run_.report.add(module_, spot, "syntax", std::move(message));
  }

  void ident(const Spot& spot, std::string_view name) {
    if (!is_ident(name)) run_.report.add(module_, spot, "invalid-name", no_name_text(name));
  }

  void comments(const Spot& spot, const Comments& comments) {
    const auto broken = [](const std::string& line) { return line.find('\n') != line.npos; };
    const bool bad = broken(comments.after) || broken(comments.end) ||
                     std::any_of(comments.before.begin(), comments.before.end(), broken) ||
                     std::any_of(comments.closing.begin(), comments.closing.end(), broken);
    if (bad) add(spot, "a comment of several lines; make each line a comment of its own");
  }

  template <class Decl>
  void own(const Decl&) {}
  void own(const Database& decl) {
    if (decl.engine != "postgres" && decl.engine != "mysql") {
      add(decl.spot, in_ticks(decl.engine) + " is no kind of database: `postgres` or `mysql`");
    }
  }
  void own(const Enum& decl) {
    for (const EnumVariant& variant : decl.variants) {
      comments(variant.spot, variant.comments);
      const Value* value = std::get_if<Value>(&variant.value);
      const double* number = value == nullptr ? nullptr : std::get_if<double>(value);
      if (number != nullptr && !std::isfinite(*number)) {
        add(variant.spot, "the value of " + in_ticks(variant.name) + " is no finite number");
      }
    }
  }
  void own(const Data& decl) {
    for (const Field& field : decl.fields) comments(field.spot, field.comments);
    if (decl.parameters.size() > type_parameters_max) {
      add(decl.spot, "data " + decl.name + " has more than " + std::to_string(type_parameters_max) +
                         " type parameters");
    }
  }

  void metadata(const Metadata& entry) {
    comments(entry.spot, entry.comments);
    std::visit([&](const auto& value) { value_of(entry, value); }, entry.value);
  }

  template <class Kind>
  void value_of(const Metadata&, const Kind&) {}
  void value_of(const Metadata& entry, const Ingress& value) {
    static constexpr std::array<std::string_view, 7> methods = {"GET",    "POST", "PUT",    "PATCH",
                                                                "DELETE", "HEAD", "OPTIONS"};
    if (std::find(methods.begin(), methods.end(), value.method) != methods.end()) return;
    add(entry.spot, in_ticks(value.method) + " is no HTTP method that a verb can have");
  }
  void value_of(const Metadata& entry, const Calls& value) { some(entry, value.verbs); }
  void value_of(const Metadata& entry, const UsesDatabases& value) { some(entry, value.databases); }
  void value_of(const Metadata& entry, const UsesSecrets& value) { some(entry, value.secrets); }
  void value_of(const Metadata& entry, const UsesConfigs& value) { some(entry, value.configs); }
  void value_of(const Metadata& entry, const Publish& value) { some(entry, value.topics); }
  void value_of(const Metadata& entry, const Egress& value) { some(entry, value.targets); }
  void value_of(const Metadata& entry, const Retry& value) {
    if (value.min_backoff.empty() && !value.max_backoff.empty()) {
      add(entry.spot, "a longest backoff without a shortest one");
    }
  }
  void value_of(const Metadata& entry, const TypeMap& value) { ident(entry.spot, value.runtime); }
  void value_of(const Metadata& entry, const SqlColumn& value) {
    ident(entry.spot, value.table);
    ident(entry.spot, value.column);
  }
  void value_of(const Metadata& entry, const Migration& value) {
    static constexpr std::string_view hex = "0123456789abcdefABCDEF";
    if (value.digest.empty() || value.digest.find_first_not_of(hex) != std::string::npos) {
      add(entry.spot, in_ticks(value.digest) + " is no digest in hex");
    }
  }

  template <class List>
  void some(const Metadata& entry, const List& list) {
    if (list.empty()) {
      add(entry.spot, in_ticks("+" + std::string(keyword_of(entry.value))) + " names nothing");
    }
  }

  const CheckRun& run_;
  const Module& module_;
};

}  // namespace

void check_grammar(const CheckRun& run, const Module& module) { Grammar(run, module).check(); }

}  // namespace millrace::schema
