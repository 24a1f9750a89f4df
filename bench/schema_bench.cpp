// Checking 1,000 modules of 20 declarations as `schema check` does: text, references, every rule.
// The peer is `protoc` on as many files of as many messages, enums and services that refer to each
// other in the same way; it reads them from disk, which is a small part of its work.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "schema/check.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace {

using namespace millrace::schema;
using Clock = std::chrono::steady_clock;

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

double ms_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

// The best of a few, in milliseconds: what the work takes when nothing disturbs it.
template <class Work>
double best_of(int rounds, Work&& work) {
  double best = 1e12;
  for (int i = 0; i < rounds; ++i) {
    const auto begun = Clock::now();
    work();
    best = std::min(best, ms_since(begun));
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::puts("usage: schema_bench EMPTY_FOLDER [ROUNDS]"), 2;
  const std::string folder = argv[1];
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  std::vector<SourceText> sources;
  std::size_t bytes = 0;
  for (int i = 0; i < modules; ++i) {
    const std::string name = "m" + std::to_string(i);
    sources.push_back({name + ".schema", module_text(i)});
    std::ofstream(folder + "/" + name + ".proto") << proto_text(i);
    bytes += sources.back().text.size();
  }
  bool fine = true;
  const double all = best_of(rounds, [&] { fine = parse_and_check(sources).ok() && fine; });
  Schema schema;
  const double reading = best_of(rounds, [&] {
    schema = {};
    for (const SourceText& source : sources) merge(schema, parse(source.text, source.file).schema);
    resolve(schema);
  });
  const double checking = best_of(rounds, [&] { fine = check(schema).empty() && fine; });
  const double changed =
      best_of(rounds, [&] { fine = check_changed(schema, {"m999"}).empty() && fine; });
  const std::string protoc = "cd '" + folder + "' && protoc -I. -o/dev/null *.proto";
  const double peer = best_of(rounds, [&] { fine = std::system(protoc.c_str()) == 0 && fine; });
  std::printf("%d modules of 20 declarations, %.1f MB of text, the best of %d\n", modules,
              static_cast<double>(bytes) / 1e6, rounds);
  std::printf("schema check       %7.0f ms  (%.2f of protoc)\n", all, all / peer);
  std::printf("  read, resolve    %7.0f ms\n  check            %7.0f ms\n", reading, checking);
  std::printf("one module changed %7.1f ms\n", changed);
  std::printf("protoc             %7.0f ms\n", peer);
  if (!fine) std::puts("what was measured is not valid");
  return fine ? 0 : 1;
}
