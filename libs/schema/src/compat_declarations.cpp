// What differs, declaration by declaration: found by name, so that order does not count.
#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "compat_parts.hpp"
#include "metadata_text.hpp"
#include "quote.hpp"

namespace millrace::schema {

namespace {

std::string word_of(Visibility visibility) {
  switch (visibility) {
    case Visibility::internal: return "internal";
    case Visibility::exported: return "export";
    case Visibility::exported_realm: break;
  }
  return "export realm";
}

std::string parameters_of(const Data& data) {
  std::string text;
  for (const TypeParameter& parameter : data.parameters)
    text += (text.empty() ? "" : ", ") + parameter.name;
  return "<" + text + ">";
}

std::string text_of(const EnumVariant& variant) {
  if (const Value* value = std::get_if<Value>(&variant.value)) return to_string(*value);
  return to_string(std::get<Type>(variant.value));
}

// The text of metadata in which the order of what it lists does not count.
std::string sorted_text_of(Metadata entry) {
  entry.comments = {};
  std::visit(
      [](auto& value) {
        using Kind = std::remove_cvref_t<decltype(value)>;
        const auto sort = [](auto& list) { std::sort(list.begin(), list.end()); };
        if constexpr (std::is_same_v<Kind, Calls>) sort(value.verbs);
        if constexpr (std::is_same_v<Kind, UsesDatabases>) sort(value.databases);
        if constexpr (std::is_same_v<Kind, UsesSecrets>) sort(value.secrets);
        if constexpr (std::is_same_v<Kind, UsesConfigs>) sort(value.configs);
        if constexpr (std::is_same_v<Kind, Publish>) sort(value.topics);
        if constexpr (std::is_same_v<Kind, Egress>) sort(value.targets);
      },
      entry.value);
  return schema::text_of(entry);
}

template <class Decl>
using NameOf = std::string Decl::*;

class Differ {
 public:
  Differ(const Compared& compared, Changes& changes) : compared_(compared), changes_(changes) {}

  void run() {
    for (const Module* before : compared_.before) {
      const Module* after = compared_.after_index.module(before->name);
      if (after == nullptr) {
        edit(ChangeKind::module_removed, before->name, "", "");
        all_gone(*before);
      } else {
        module(*before, *after);
      }
    }
    for (const Module* after : compared_.after) {
      if (compared_.before_index.module(after->name) == nullptr)
        edit(ChangeKind::module_added, after->name, "", "");
    }
  }

 private:
  void edit(ChangeKind kind, std::string place, std::string before, std::string after) {
    changes_.edit({kind, std::move(place), std::move(before), std::move(after)});
  }
  std::string place(std::string_view decl) const { return before_->name + "." + std::string(decl); }

  // A declaration that callers can no longer use as they did.
  template <class Decl>
  void lost(const Decl& decl, const Spotted& at, bool hidden,
            const std::optional<std::string>& spared_realm) {
    if constexpr (requires { decl.visibility; }) {
      if (decl.visibility == Visibility::internal) return;
      Use use{UseKind::reference, Ref{before_->name, decl.name, {}}, "", false, false,
              spared_realm};
      std::string rule = hidden ? "lost-export" : "removed-type";
      const std::string why = hidden ? "modules that use it can no longer see it"
                                     : "modules that use it no longer find it";
      const auto breaks = [&](Side side) { changes_.effect(at, {use, side, rule, why}); };
      if constexpr (std::is_same_v<Decl, Verb>) {
        use.kind = UseKind::verb;
        if (!hidden) rule = "removed-verb";
      }
      if constexpr (std::is_same_v<Decl, Topic>) {
        use.kind = UseKind::topic;
        if (!hidden) rule = "removed-topic";
        breaks(Side::response);
      }
      breaks(Side::request);
    }
  }

  void all_gone(const Module& module) {
    before_ = &module;
    for_each_decl(module, [&](const auto& decl) {
      const Spotted at{ChangeKind::decl_removed, place(decl.name),
                       std::string(keyword_of(DeclPtr(&decl))), ""};
      lost(decl, at, false, {});
    });
  }

  void module(const Module& before, const Module& after) {
    before_ = &before;
    after_ = &after;
    const auto shown = [](const Module& of) {
      return of.realm.empty() ? "none" : (of.external ? "external " : "") + of.realm;
    };
    if (before.realm != after.realm)
      realm({ChangeKind::realm_changed, before.name, shown(before), shown(after)});
    else if (before.external != after.external)
      edit(ChangeKind::realm_changed, before.name, shown(before), shown(after));
    if (before.builtin != after.builtin)
      edit(ChangeKind::kind_changed, before.name, before.builtin ? "builtin" : "module",
           after.builtin ? "builtin" : "module");
    metadata(before.name, before.metadata, after.metadata);
    list(before.configs, after.configs);
    list(before.secrets, after.secrets);
    list(before.databases, after.databases);
    list(before.topics, after.topics);
    list(before.type_aliases, after.type_aliases);
    list(before.enums, after.enums);
    list(before.datas, after.datas);
    list(before.verbs, after.verbs);
  }

  void realm(const Spotted& at) {
    changes_.edit(at);
    for_each_decl(*before_, [&](const auto& decl) {
      if constexpr (requires { decl.visibility; }) {
        if (decl.visibility == Visibility::exported) lost(decl, at, true, after_->realm);
      }
    });
  }

  template <class Decl>
  static const Decl* find_in(const std::vector<Decl>& list, const std::string& name) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const Decl& decl) { return decl.name == name; });
    return found == list.end() ? nullptr : &*found;
  }

  // What declares that name in a module now, in a list that had none of that name before.
  static std::string_view new_keyword(const Module& from, const Module& to,
                                      const std::string& name) {
    std::set<std::string_view> known;
    std::string_view found;
    const auto keyword = [](const auto& decl) { return keyword_of(DeclPtr(&decl)); };
    for_each_decl(from, [&](const auto& decl) {
      if (decl.name == name) known.insert(keyword(decl));
    });
    for_each_decl(to, [&](const auto& decl) {
      if (decl.name == name && !known.contains(keyword(decl))) found = keyword(decl);
    });
    return found;
  }

  template <class Decl>
  void list(const std::vector<Decl>& before, const std::vector<Decl>& after) {
    for (const Decl& old : before) {
      if (const Decl* now = find_in(after, old.name)) {
        declaration(old, *now);
      } else {
        gone(old);
      }
    }
    for (const Decl& now : after) {
      if (find_in(before, now.name) != nullptr) continue;
      if (new_keyword(*after_, *before_, now.name).empty())
        edit(ChangeKind::decl_added, place(now.name), "", std::string(keyword_of(DeclPtr(&now))));
    }
  }

  template <class Decl>
  void gone(const Decl& old) {
    Spotted at{ChangeKind::decl_removed, place(old.name), std::string(keyword_of(DeclPtr(&old))),
               std::string(new_keyword(*before_, *after_, old.name))};
    if (!at.after.empty()) at.kind = ChangeKind::kind_changed;
    changes_.edit(at);
    const bool type = at.after == "data" || at.after == "enum" || at.after == "typealias";
    if (!type || std::is_same_v<Decl, Verb> || std::is_same_v<Decl, Topic>)
      lost(old, at, false, {});
  }

  template <class Decl>
  void declaration(const Decl& old, const Decl& now) {
    const std::string at = place(old.name);
    if constexpr (requires { old.visibility; }) visibility(old, now);
    if constexpr (requires { old.metadata; }) metadata(at, old.metadata, now.metadata);
    contents(old, now, at);
  }

  template <class Decl>
  void visibility(const Decl& old, const Decl& now) {
    if (old.visibility == now.visibility) return;
    const Spotted at{ChangeKind::visibility_changed, place(old.name), word_of(old.visibility),
                     word_of(now.visibility)};
    changes_.edit(at);
    if (now.visibility == Visibility::internal)
      lost(old, at, true, {});
    else if (now.visibility < old.visibility)
      lost(old, at, true, after_->realm);
  }

  void type(ChangeKind kind, const std::string& at, const Type& old, const Type& now) {
    if (old != now) edit(kind, at, to_string(old), to_string(now));
  }

  template <class Decl>
  void contents(const Decl& old, const Decl& now, const std::string& at) {
    type(ChangeKind::type_changed, at, old.type, now.type);
  }
  void contents(const Topic& old, const Topic& now, const std::string& at) {
    type(ChangeKind::type_changed, at, old.event, now.event);
  }
  void contents(const Database& old, const Database& now, const std::string& at) {
    if (old.engine != now.engine) edit(ChangeKind::type_changed, at, old.engine, now.engine);
  }
  void contents(const Verb& old, const Verb& now, const std::string& at) {
    type(ChangeKind::request_changed, at, old.request, now.request);
    type(ChangeKind::response_changed, at, old.response, now.response);
  }
  void contents(const Enum& old, const Enum& now, const std::string& at) {
    const auto base = [](const Enum& decl) {
      return decl.type ? to_string(*decl.type) : std::string("types");
    };
    if (old.type != now.type) edit(ChangeKind::type_changed, at, base(old), base(now));
    for (const EnumVariant& variant : old.variants) {
      const EnumVariant* other = find_in(now.variants, variant.name);
      const std::string where = at + "." + variant.name;
      if (other == nullptr)
        edit(ChangeKind::variant_removed, where, text_of(variant), "");
      else if (text_of(variant) != text_of(*other))
        edit(ChangeKind::variant_changed, where, text_of(variant), text_of(*other));
    }
    for (const EnumVariant& variant : now.variants) {
      if (find_in(old.variants, variant.name) == nullptr)
        edit(ChangeKind::variant_added, at + "." + variant.name, "", text_of(variant));
    }
  }
  void contents(const Data& old, const Data& now, const std::string& at) {
    parameters(old, now, at);
    for (const Field& field : old.fields) {
      const Field* other = find_in(now.fields, field.name);
      const std::string where = at + "." + field.name;
      if (other == nullptr) {
        edit(ChangeKind::field_removed, where, to_string(field.type), "");
        continue;
      }
      type(ChangeKind::type_changed, where, field.type, other->type);
      metadata(where, field.metadata, other->metadata);
    }
    for (const Field& field : now.fields) {
      if (find_in(old.fields, field.name) == nullptr)
        edit(ChangeKind::field_added, at + "." + field.name, "", to_string(field.type));
    }
  }

  void parameters(const Data& old, const Data& now, const std::string& at) {
    if (old.parameters == now.parameters) return;
    const Spotted spotted{ChangeKind::type_parameters_changed, at, parameters_of(old),
                          parameters_of(now)};
    changes_.edit(spotted);
    if (old.parameters.size() == now.parameters.size() || old.visibility == Visibility::internal)
      return;
    const Use use{UseKind::reference, Ref{before_->name, old.name, {}}, "", false, false, {}};
    changes_.effect(spotted, {use, Side::request, "type-parameters",
                              "modules that use it give another number of types"});
  }

  // Routes are compared across modules; aliases and encodings have kinds of their own.
  void metadata(const std::string& at, const std::vector<Metadata>& old,
                const std::vector<Metadata>& now) {
    std::map<std::string_view, std::multiset<std::string>> before = texts(old);
    std::map<std::string_view, std::multiset<std::string>> after = texts(now);
    for (auto& [keyword, entries] : before) {
      std::multiset<std::string>& others = after[keyword];
      drop_common(entries, others);
      if (keyword == keyword_of(MetadataValue(Ingress{}))) continue;
      metadata_kind(at, keyword, entries, others);
    }
    for (const auto& [keyword, entries] : after) {
      if (!before.contains(keyword) && keyword != keyword_of(MetadataValue(Ingress{})))
        metadata_kind(at, keyword, {}, entries);
    }
  }

  void metadata_kind(const std::string& at, std::string_view keyword,
                     const std::multiset<std::string>& gone,
                     const std::multiset<std::string>& fresh) {
    ChangeKind changed = ChangeKind::metadata_changed;
    if (keyword == keyword_of(MetadataValue(Alias{}))) changed = ChangeKind::alias_changed;
    if (keyword == keyword_of(MetadataValue(Encoding{}))) changed = ChangeKind::encoding_changed;
    const bool one = gone.size() <= 1 && fresh.size() <= 1;
    if (one && gone.size() + fresh.size() > 0 &&
        (gone.size() == fresh.size() || changed != ChangeKind::metadata_changed)) {
      edit(changed, at, gone.empty() ? "" : *gone.begin(), fresh.empty() ? "" : *fresh.begin());
      return;
    }
    for (const std::string& text : gone) edit(ChangeKind::metadata_removed, at, text, "");
    for (const std::string& text : fresh) edit(ChangeKind::metadata_added, at, "", text);
  }

  static std::map<std::string_view, std::multiset<std::string>> texts(
      const std::vector<Metadata>& metadata) {
    std::map<std::string_view, std::multiset<std::string>> out;
    for (const Metadata& entry : metadata)
      out[keyword_of(entry.value)].insert(sorted_text_of(entry));
    return out;
  }

  static void drop_common(std::multiset<std::string>& a, std::multiset<std::string>& b) {
    for (auto at = a.begin(); at != a.end();) {
      const auto other = b.find(*at);
      if (other == b.end()) {
        ++at;
        continue;
      }
      b.erase(other);
      at = a.erase(at);
    }
  }

  const Compared& compared_;
  Changes& changes_;
  const Module* before_ = nullptr;
  const Module* after_ = nullptr;
};

}  // namespace

void compare_declarations(const Compared& compared, Changes& changes) {
  Differ(compared, changes).run();
}

}  // namespace millrace::schema
