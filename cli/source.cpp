#include "cli/source.hpp"

#include <algorithm>

#include "cli/json.hpp"
#include "schema/check.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace millrace::cli {

using statekit::Result;

Result<Source> read_schema(const std::vector<std::string>& files) {
  Texts texts = read_texts(files);
  Source source{{}, std::move(texts.diagnostics)};
  const auto tell = [&source](std::vector<schema::Diagnostic> more) {
    source.diagnostics.insert(source.diagnostics.end(), more.begin(), more.end());
  };
  for (const schema::SourceText& file : texts.files) {
    schema::ParseResult parsed = schema::parse(file.text, file.file);
    tell(schema::merge(source.schema, std::move(parsed.schema)));
    tell(std::move(parsed.diagnostics));
  }
  schema::resolve(source.schema);
  // Nothing changed: what is told is only which modules come twice.
  tell(schema::check_changed(source.schema, {}));
  schema::sort_diagnostics(source.diagnostics);
  return source;
}

int report(const Session& session, const std::vector<schema::Diagnostic>& diagnostics) {
  if (session.json()) {
    *session.out << to_json(diagnostics) << '\n';
  } else {
    for (const schema::Diagnostic& each : diagnostics) {
      *session.err << printable(schema::to_string(each)) << '\n';
    }
  }
  const bool fine = std::none_of(diagnostics.begin(), diagnostics.end(), [](const auto& each) {
    return each.severity == schema::Severity::error;
  });
  return fine ? done : refused;
}

int tell_warnings(const Session& session, const schema::Schema& schema, bool strict) {
  std::vector<schema::Diagnostic> found = schema::warnings(schema);
  if (strict && !found.empty()) {
    for (schema::Diagnostic& each : found) each.severity = schema::Severity::error;
    return report(session, found);
  }
  for (const schema::Diagnostic& each : found)
    *session.err << printable(schema::to_string(each)) << '\n';
  return done;
}

}  // namespace millrace::cli
