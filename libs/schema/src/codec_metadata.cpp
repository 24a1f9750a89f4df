#include <string>

#include "codec_parts.hpp"

namespace millrace::schema {

namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;

template <class Repeated>
void put_refs(Repeated& out, const std::vector<Ref>& refs) {
  for (const Ref& ref : refs) *out.Add() = to_proto(ref);
}
template <class Repeated>
std::vector<Ref> refs_from(const Repeated& in) {
  std::vector<Ref> refs;
  refs.reserve(static_cast<std::size_t>(in.size()));
  for (const auto& ref : in) refs.push_back(from_proto(ref));
  return refs;
}

v2alpha1::SqlQueryKind to_proto(QueryKind kind) {
  switch (kind) {
    case QueryKind::one: return v2alpha1::SQL_QUERY_KIND_ONE;
    case QueryKind::many: return v2alpha1::SQL_QUERY_KIND_MANY;
    case QueryKind::exec: break;
  }
  return v2alpha1::SQL_QUERY_KIND_EXEC;
}

struct MetadataWriter {
  v2alpha1::Metadata& out;

  void operator()(const Ingress& value) const {
    out.mutable_ingress()->set_method(value.method);
    out.mutable_ingress()->set_path(value.path);
  }
  void operator()(const Alias& value) const { out.mutable_alias()->set_name(value.name); }
  void operator()(const Encoding& value) const {
    out.mutable_encoding()->set_lenient(value.lenient);
  }
  void operator()(const Calls& value) const {
    put_refs(*out.mutable_calls()->mutable_verbs(), value.verbs);
  }
  void operator()(const UsesDatabases& value) const {
    put_refs(*out.mutable_databases()->mutable_databases(), value.databases);
  }
  void operator()(const UsesSecrets& value) const {
    put_refs(*out.mutable_secrets()->mutable_secrets(), value.secrets);
  }
  void operator()(const UsesConfigs& value) const {
    put_refs(*out.mutable_configs()->mutable_configs(), value.configs);
  }
  void operator()(const Cron& value) const { out.mutable_cron()->set_expression(value.expression); }
  void operator()(const Publish& value) const {
    put_refs(*out.mutable_publish()->mutable_topics(), value.topics);
  }
  void operator()(const Subscribe& value) const {
    v2alpha1::MetadataSubscribe& subscribe = *out.mutable_subscribe();
    *subscribe.mutable_topic() = to_proto(value.topic);
    subscribe.set_from(value.from == Offset::latest ? v2alpha1::SUBSCRIBE_OFFSET_LATEST
                                                    : v2alpha1::SUBSCRIBE_OFFSET_BEGINNING);
    subscribe.set_dead_letter(value.dead_letter);
  }
  void operator()(const Retry& value) const {
    v2alpha1::MetadataRetry& retry = *out.mutable_retry();
    if (value.count) retry.set_count(*value.count);
    retry.set_min_backoff(value.min_backoff);
    retry.set_max_backoff(value.max_backoff);
    if (value.catch_verb) *retry.mutable_catch_verb() = to_proto(*value.catch_verb);
  }
  void operator()(const TypeMap& value) const {
    out.mutable_type_map()->set_runtime(value.runtime);
    out.mutable_type_map()->set_native_name(value.native_name);
  }
  void operator()(const Migration& value) const {
    out.mutable_migration()->set_digest(value.digest);
  }
  void operator()(const Artefact& value) const {
    v2alpha1::MetadataArtefact& artefact = *out.mutable_artefact();
    artefact.set_path(value.path);
    artefact.set_digest(value.digest);
    artefact.set_executable(value.executable);
  }
  void operator()(const SqlColumn& value) const {
    out.mutable_sql_column()->set_table(value.table);
    out.mutable_sql_column()->set_column(value.column);
  }
  void operator()(const SqlQuery& value) const {
    out.mutable_sql_query()->set_kind(to_proto(value.kind));
    out.mutable_sql_query()->set_sql(value.sql);
  }
  void operator()(const Partitions& value) const {
    out.mutable_partitions()->set_count(value.count);
  }
  void operator()(const Generated&) const { out.mutable_generated(); }
  void operator()(const Git& value) const {
    v2alpha1::MetadataGit& git = *out.mutable_git();
    git.set_repository(value.repository);
    git.set_commit(value.commit);
    git.set_dirty(value.dirty);
  }
  void operator()(const Fixture& value) const { out.mutable_fixture()->set_manual(value.manual); }
  void operator()(const Transaction&) const { out.mutable_transaction(); }
  void operator()(const Egress& value) const {
    for (const std::string& target : value.targets) out.mutable_egress()->add_targets(target);
  }
  void operator()(const Image& value) const {
    out.mutable_image()->set_name(value.name);
    out.mutable_image()->set_digest(value.digest);
  }
};

QueryKind kind_from(v2alpha1::SqlQueryKind kind) {
  switch (kind) {
    case v2alpha1::SQL_QUERY_KIND_ONE: return QueryKind::one;
    case v2alpha1::SQL_QUERY_KIND_MANY: return QueryKind::many;
    default: return QueryKind::exec;
  }
}

Subscribe subscribe_from(const v2alpha1::MetadataSubscribe& in) {
  return {from_proto(in.topic()),
          in.from() == v2alpha1::SUBSCRIBE_OFFSET_LATEST ? Offset::latest : Offset::beginning,
          in.dead_letter()};
}

Retry retry_from(const v2alpha1::MetadataRetry& in) {
  Retry retry;
  if (in.has_count()) retry.count = in.count();
  retry.min_backoff = in.min_backoff();
  retry.max_backoff = in.max_backoff();
  if (in.has_catch_verb()) retry.catch_verb = from_proto(in.catch_verb());
  return retry;
}

Result<MetadataValue> value_from(const v2alpha1::Metadata& in) {
  using M = v2alpha1::Metadata;
  switch (in.value_case()) {
    case M::kIngress: return Ingress{in.ingress().method(), in.ingress().path()};
    case M::kAlias: return Alias{in.alias().name()};
    case M::kEncoding: return Encoding{in.encoding().lenient()};
    case M::kCalls: return Calls{refs_from(in.calls().verbs())};
    case M::kDatabases: return UsesDatabases{refs_from(in.databases().databases())};
    case M::kSecrets: return UsesSecrets{refs_from(in.secrets().secrets())};
    case M::kConfigs: return UsesConfigs{refs_from(in.configs().configs())};
    case M::kCron: return Cron{in.cron().expression()};
    case M::kPublish: return Publish{refs_from(in.publish().topics())};
    case M::kSubscribe: return subscribe_from(in.subscribe());
    case M::kRetry: return retry_from(in.retry());
    case M::kTypeMap: return TypeMap{in.type_map().runtime(), in.type_map().native_name()};
    case M::kMigration: return Migration{in.migration().digest()};
    case M::kArtefact:
      return Artefact{in.artefact().path(), in.artefact().digest(), in.artefact().executable()};
    case M::kSqlColumn: return SqlColumn{in.sql_column().table(), in.sql_column().column()};
    case M::kSqlQuery: return SqlQuery{kind_from(in.sql_query().kind()), in.sql_query().sql()};
    case M::kPartitions: return Partitions{in.partitions().count()};
    case M::kGenerated: return Generated{};
    case M::kGit: return Git{in.git().repository(), in.git().commit(), in.git().dirty()};
    case M::kFixture: return Fixture{in.fixture().manual()};
    case M::kTransaction: return Transaction{};
    case M::kEgress: return Egress{strings_from(in.egress().targets())};
    case M::kImage: return Image{in.image().name(), in.image().digest()};
    case M::VALUE_NOT_SET: break;
  }
  return fail(Code::invalid_argument, "a piece of metadata of a kind that this version lacks");
}

}  // namespace

void put_metadata(RepeatedMetadata& out, const std::vector<Metadata>& metadata) {
  for (const Metadata& entry : metadata) {
    v2alpha1::Metadata& message = *out.Add();
    std::visit(MetadataWriter{message}, entry.value);
    put_comments(message, entry.comments);
    put_spot(message, entry.spot);
  }
}

Result<std::vector<Metadata>> metadata_from(const RepeatedMetadata& in) {
  std::vector<Metadata> metadata;
  metadata.reserve(static_cast<std::size_t>(in.size()));
  for (const v2alpha1::Metadata& message : in) {
    Result<MetadataValue> value = value_from(message);
    if (!value) return fail(std::move(value).error());
    metadata.push_back({*std::move(value), comments_from(message), spot_from(message)});
  }
  return metadata;
}

}  // namespace millrace::schema
