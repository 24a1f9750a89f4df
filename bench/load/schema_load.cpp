// Checking 1,000 modules of 20 declarations as `schema check` does: text, references, every rule:
//
//   schema_load check|changed|protoc FOLDER SECONDS
//
// `changed` judges one module that changed among them. The peer is `protoc` on as many files of as
// many messages, enums and services that refer to each other in the same way; it reads them from
// FOLDER, which is a small part of its work.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "bench/load/load.hpp"
#include "schema/check.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

using namespace millrace;
using namespace millrace::schema;

namespace {

constexpr int modules = 1'000;
constexpr int datas = 10;
constexpr int verbs = 4;

// The module that module `i` refers to; none refers back, so that there is no circle.
int used_by(int i) { return i == 0 ? 0 : i - 1 - (i - 1) % 7 % i; }

std::string module_text(int i) {
  const std::string name = "m" + std::to_string(i);
  const std::string other = "m" + std::to_string(used_by(i));
  std::string text = "module " + name + " {\n  config limit Int\n  secret key String\n";
  text += "  topic changed D0\n    +partitions 4\n  typealias Id String\n";
  text += "  export enum Kind: String {\n    A = \"a\"\n    B = \"b\"\n    C = \"c\"\n  }\n";
  text += "  export enum Part {\n    One Int\n    Two D1\n    Three [D2]\n  }\n";
  for (int d = 0; d < datas; ++d) {
    text += "  export data D" + std::to_string(d) +
            " {\n    id Int\n    name String +alias json \"n\"\n";
    text += "    kind Kind?\n    tags {String: [String]}\n    written Time\n";
    text += "    other " + other + ".D" + std::to_string(d) + "?\n";
    text += "    next [D" + std::to_string((d + 1) % datas) + "]\n  }\n";
  }
  for (int v = 0; v < verbs; ++v) {
    const std::string number = std::to_string(v);
    text += "  export verb v" + number + "(HttpRequest<D" + number +
            ", {String: String}, Unit>) HttpResponse<D" + std::to_string(v + 1) +
            ", String>\n    +ingress http POST /" + name + "/v" + number + "/{id}\n    +calls " +
            other + ".v" + number + "\n    +config limit\n";
  }
  return text + "}\n";
}

std::string proto_text(int i) {
  const std::string name = "m" + std::to_string(i);
  const std::string other = "m" + std::to_string(used_by(i));
  std::string text = "syntax = \"proto3\";\npackage " + name + ";\n";
  if (i > 0) text += "import \"" + other + ".proto\";\n";
  text += "enum Kind {\n  A = 0;\n  B = 1;\n  C = 2;\n}\nmessage Topic {\n  D0 event = 1;\n}\n";
  text += "message Config {\n  int64 limit = 1;\n}\nmessage Secret {\n  string key = 1;\n}\n";
  text +=
      "message Part {\n  oneof part {\n    int64 one = 1;\n    D1 two = 2;\n    D2 three = 3;\n  "
      "}\n}\n";
  for (int d = 0; d < datas; ++d) {
    text += "message D" + std::to_string(d) +
            " {\n  int64 id = 1;\n  string name = 2 [json_name = \"n\"];\n";
    text +=
        "  optional Kind kind = 3;\n  map<string, string> tags = 4;\n  string written = 5;\n  ." +
        other + ".D" + std::to_string(d) + " other = 6;\n  repeated D" +
        std::to_string((d + 1) % datas) + " next = 7;\n}\n";
  }
  text += "service S {\n";
  for (int v = 0; v < verbs; ++v) {
    text += "  rpc v" + std::to_string(v) + "(D" + std::to_string(v) + ") returns (D" +
            std::to_string(v + 1) + ");\n";
  }
  return text + "}\n";
}

std::vector<SourceText> all_modules() {
  std::vector<SourceText> sources;
  for (int i = 0; i < modules; ++i)
    sources.push_back({"m" + std::to_string(i) + ".schema", module_text(i)});
  return sources;
}

// Once through the work; false: what was measured is not valid.
std::function<bool()> work_of(const std::string& kind, const std::string& folder) {
  if (kind == "check") return [sources = all_modules()] { return parse_and_check(sources).ok(); };
  if (kind == "changed") {
    Schema schema;
    for (const SourceText& source : all_modules())
      merge(schema, parse(source.text, source.file).schema);
    resolve(schema);
    return [schema = std::move(schema)] { return check_changed(schema, {"m999"}).empty(); };
  }
  for (int i = 0; i < modules; ++i)
    std::ofstream(folder + "/m" + std::to_string(i) + ".proto") << proto_text(i);
  return [command = "cd '" + folder + "' && protoc -I. -o/dev/null *.proto"] {
    return std::system(command.c_str()) == 0;
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: schema_load check|changed|protoc FOLDER SECONDS\n");
    return 2;
  }
  const std::function<bool()> work = work_of(argv[1], argv[2]);
  bool fine = true;
  const double cpu = bench::cpu_seconds() + bench::cpu_seconds(RUSAGE_CHILDREN);
  const bench::Outcome outcome = bench::run_clients(
      1, std::atof(argv[3]), [&](int, bench::Clock::time_point end, bench::Outcome& one) {
        do {
          const auto begun = bench::Clock::now();
          fine = work() && fine;
          one.took_us.push_back(bench::microseconds(bench::Clock::now() - begun));
        } while (bench::Clock::now() < end);
      });
  const double used = bench::cpu_seconds() + bench::cpu_seconds(RUSAGE_CHILDREN) - cpu;
  const auto count = static_cast<double>(outcome.took_us.size());
  std::printf("{\"operations\":%.0f,\"seconds\":%.5f,\"cpu_us\":%.0f}\n", count,
              bench::percentile(outcome.took_us, 0.5) / 1e6, used / count * 1e6);
  if (!fine) std::fprintf(stderr, "schema_load: what was measured is not valid\n");
  return fine ? 0 : 1;
}
