#include "cli/storage/contents.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/storage/beside.hpp"
#include "cli/storage/store.hpp"
#include "services/schema/workspace/shelf.hpp"

namespace millrace::cli {

using namespace statekit;

namespace {

constexpr const char* first_line = "millrace backup 1";

std::string file_in(const std::string& folder) { return folder + "/contents"; }

tl::unexpected<Error> not_whole(const std::string& folder, const std::string& why) {
  return fail(Code::data_loss, file_in(folder) + ": " + why +
                                   ": this is no whole backup of Millrace's, take another one");
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::is_directory(path, ignored);
}

std::string path_in(const std::string& folder, const std::string& name) {
  const std::string schema = folder + "/journal.db";
  if (name == schema_name) return schema;
  return *journal::sqlite_path(workspace::sibling_journal(schema, name));
}

Status write_contents(const std::string& folder, const std::vector<Content>& contents) {
  std::string text = std::string(first_line) + "\n";
  for (const Content& each : contents)
    text += each.name + " " + std::to_string(each.last) + " " + each.digest + "\n";
  text += "end " + hex(sha256(text)) + "\n";
  return write_durably(file_in(folder), text);
}

Result<std::vector<Content>> read_contents(const std::string& folder) {
  std::ifstream file(file_in(folder), std::ios::binary);
  if (!file) return not_whole(folder, "it cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t end = text.rfind("end ");
  if (end == std::string::npos ||
      text.substr(end) != "end " + hex(sha256(text.substr(0, end))) + "\n")
    return not_whole(folder, "it is cut off or was changed");
  std::istringstream lines(text.substr(0, end));
  std::string line;
  std::getline(lines, line);
  if (line != first_line)
    return fail(Code::unimplemented,
                file_in(folder) + ": '" + line.substr(0, 40) +
                    "' is not how a backup begins that this program knows: use a newer one");
  std::vector<Content> contents;
  for (Content each; lines >> each.name >> each.last >> each.digest;) {
    if (each.name != schema_name && !is_beside(each.name))
      return not_whole(folder, "it names '" + each.name + "'");
    contents.push_back(each);
  }
  if (contents.empty() || contents.front().name != schema_name)
    return not_whole(folder, "it does not begin with the schema's journal");
  return contents;
}

}  // namespace millrace::cli
