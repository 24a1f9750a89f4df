#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "parser.hpp"
#include "schema/suggest.hpp"

namespace millrace::schema {

using Read = std::optional<MetadataValue>;

bool Parser::metadata_list(std::vector<Metadata>& list) {
  bool read = true;
  while (read && at('+')) read = metadata(list);
  std::stable_sort(list.begin(), list.end(), [](const Metadata& a, const Metadata& b) {
    return a.value.index() < b.value.index();
  });
  return read;
}

bool Parser::metadata(std::vector<Metadata>& list) {
  Metadata entry;
  entry.comments.before = take();
  entry.spot = cur_.spot;
  advance();
  Read value = metadata_value();
  if (!value) {
    // The rest of the line is lost; what stands on the next lines is not.
    while (!at_end() && !cur_.starts_line && !at('}')) advance();
    return true;
  }
  entry.value = *std::move(value);
  end_line(entry.comments);
  list.push_back(std::move(entry));
  return true;
}

Read Parser::metadata_value() {
  using Reader = Read (Parser::*)();
  static const std::map<std::string_view, Reader> readers = {{"ingress", &Parser::ingress},
                                                             {"alias", &Parser::alias},
                                                             {"encoding", &Parser::encoding},
                                                             {"calls", &Parser::calls},
                                                             {"database", &Parser::databases},
                                                             {"secrets", &Parser::secrets},
                                                             {"config", &Parser::configs},
                                                             {"cron", &Parser::cron},
                                                             {"publish", &Parser::publish},
                                                             {"subscribe", &Parser::subscribe},
                                                             {"retry", &Parser::retry},
                                                             {"typemap", &Parser::typemap},
                                                             {"migration", &Parser::migration},
                                                             {"artefact", &Parser::artefact},
                                                             {"sql", &Parser::sql},
                                                             {"partitions", &Parser::partitions},
                                                             {"generated", &Parser::generated},
                                                             {"git", &Parser::git},
                                                             {"fixture", &Parser::fixture},
                                                             {"transaction", &Parser::transaction},
                                                             {"egress", &Parser::egress},
                                                             {"image", &Parser::image}};
  const auto found = cur_.kind == TokenKind::word ? readers.find(cur_.text) : readers.end();
  if (found != readers.end()) {
    advance();
    return (this->*found->second)();
  }
  std::vector<std::string_view> names;
  for (const auto& [name, reader] : readers) names.push_back(name);
  wrong("a kind of metadata such as `+calls`",
        cur_.kind == TokenKind::word ? did_you_mean(cur_.text, names) : std::string());
  return std::nullopt;
}

bool Parser::flag(std::string_view word) { return same_line() && accept_word(word); }

Read Parser::ingress() {
  static constexpr std::array<std::string_view, 7> methods = {"GET",    "POST", "PUT",    "PATCH",
                                                              "DELETE", "HEAD", "OPTIONS"};
  accept_word("http");
  Ingress ingress;
  if (cur_.kind != TokenKind::word ||
      std::find(methods.begin(), methods.end(), cur_.text) == methods.end()) {
    wrong("an HTTP method (GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS)",
          did_you_mean(cur_.text, {methods.begin(), methods.end()}));
    return std::nullopt;
  }
  ingress.method = cur_.text;
  advance();
  const Token path = raw(&Lexer::raw_word);
  if (path.text.empty() || path.text.front() != '/') {
    complain(path.spot, "expected a path that starts with `/`, such as /people/{id}");
    return std::nullopt;
  }
  ingress.path = path.text;
  return ingress;
}

Read Parser::alias() {
  Alias alias;
  if (!accept_word("json")) {
    wrong("`json`");
    return std::nullopt;
  }
  if (!string(alias.name, "the name in JSON")) return std::nullopt;
  return alias;
}

Read Parser::encoding() {
  if (!accept_word("json")) {
    wrong("`json`");
    return std::nullopt;
  }
  return Encoding{flag("lenient")};
}

Read Parser::calls() {
  Calls calls;
  if (!refs(calls.verbs, "a verb")) return std::nullopt;
  return calls;
}

Read Parser::databases() {
  UsesDatabases uses;
  // Older files say `calls`.
  if (!accept_word("uses") && !accept_word("calls")) {
    wrong("`uses`");
    return std::nullopt;
  }
  if (!refs(uses.databases, "a database")) return std::nullopt;
  return uses;
}

Read Parser::secrets() {
  UsesSecrets uses;
  if (!refs(uses.secrets, "a secret")) return std::nullopt;
  return uses;
}

Read Parser::configs() {
  UsesConfigs uses;
  if (!refs(uses.configs, "a config")) return std::nullopt;
  return uses;
}

Read Parser::cron() {
  const Token rest = raw(&Lexer::raw_line);
  if (rest.text.empty()) {
    complain(rest.spot, "expected a cron expression, a duration such as 5m, or a weekday");
    return std::nullopt;
  }
  return Cron{rest.text};
}

Read Parser::publish() {
  Publish publish;
  if (!refs(publish.topics, "a topic")) return std::nullopt;
  return publish;
}

Read Parser::subscribe() {
  Subscribe subscribe;
  if (!ref(subscribe.topic, "a topic")) return std::nullopt;
  if (!accept_word("from") || !accept('=')) {
    wrong("`from=beginning` or `from=latest`");
    return std::nullopt;
  }
  if (!at_word("beginning") && !at_word("latest")) {
    wrong("`beginning` or `latest`", did_you_mean(cur_.text, {"beginning", "latest"}));
    return std::nullopt;
  }
  subscribe.from = at_word("latest") ? Offset::latest : Offset::beginning;
  advance();
  subscribe.dead_letter = flag("deadletter");
  return subscribe;
}

Read Parser::retry() {
  Retry retry;
  const auto number = [this] { return cur_.kind == TokenKind::number && same_line(); };
  const auto plain = [this] {
    return cur_.text.find_first_not_of("-0123456789") == std::string::npos;
  };
  if (number() && plain()) {
    std::int64_t count = 0;
    if (!integer(count, "a count of retries")) return std::nullopt;
    retry.count = count;
  }
  for (std::string* backoff : {&retry.min_backoff, &retry.max_backoff}) {
    if (!number() || plain()) break;
    *backoff = cur_.text;
    advance();
  }
  if (flag("catch") && !ref(retry.catch_verb.emplace(), "a verb")) return std::nullopt;
  return retry;
}

Read Parser::typemap() {
  TypeMap map;
  Spot spot;
  if (!ident(map.runtime, spot, "a runtime such as `go`")) return std::nullopt;
  if (!string(map.native_name, "the name of the native type")) return std::nullopt;
  return map;
}

Read Parser::migration() {
  if (!accept_word("sha256") || !at(':')) {
    wrong("`sha256:` and a digest in hex");
    return std::nullopt;
  }
  advance();
  const Token digest = raw(&Lexer::raw_word);
  const bool hex = !digest.text.empty() &&
                   digest.text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hex) {
    complain(digest.spot, "expected a digest in hex after `sha256:`");
    return std::nullopt;
  }
  return Migration{digest.text};
}

Read Parser::artefact() {
  Artefact artefact;
  if (!string(artefact.path, "a path")) return std::nullopt;
  if (!string(artefact.digest, "a SHA-256 digest")) return std::nullopt;
  artefact.executable = flag("executable");
  return artefact;
}

Read Parser::sql() {
  if (accept_word("column")) {
    SqlColumn column;
    Spot spot;
    if (!ident(column.table, spot, "a table") || !expect('.', "after the table") ||
        !ident(column.column, spot, "a column")) {
      return std::nullopt;
    }
    return column;
  }
  if (!accept_word("query")) {
    wrong("`column` or `query`");
    return std::nullopt;
  }
  SqlQuery query;
  if (accept_word("one")) {
    query.kind = QueryKind::one;
  } else if (accept_word("many")) {
    query.kind = QueryKind::many;
  } else if (!accept_word("exec")) {
    wrong("`one`, `many` or `exec`");
    return std::nullopt;
  }
  if (!string(query.sql, "the SQL")) return std::nullopt;
  return query;
}

Read Parser::partitions() {
  Partitions partitions;
  if (!integer(partitions.count, "a number of partitions")) return std::nullopt;
  return partitions;
}

Read Parser::generated() { return Generated{}; }

Read Parser::git() {
  Git git;
  if (!string(git.repository, "a repository")) return std::nullopt;
  if (!string(git.commit, "a commit")) return std::nullopt;
  git.dirty = flag("dirty");
  return git;
}

Read Parser::fixture() { return Fixture{flag("manual")}; }

Read Parser::transaction() { return Transaction{}; }

Read Parser::egress() {
  Egress egress;
  do {
    if (!string(egress.targets.emplace_back(), "a target")) return std::nullopt;
  } while (accept(','));
  return egress;
}

Read Parser::image() {
  Image image;
  if (!string(image.name, "the name of an image")) return std::nullopt;
  if (!expect(':', "between the image and its digest")) return std::nullopt;
  if (!string(image.digest, "the image's digest")) return std::nullopt;
  return image;
}

}  // namespace millrace::schema
