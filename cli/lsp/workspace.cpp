#include "cli/lsp/workspace.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/source_text.hpp"
#include "schema/check.hpp"
#include "schema/limits.hpp"
#include "schema/resolve.hpp"

namespace millrace::cli::lsp {

namespace fs = std::filesystem;

namespace {

bool is_schema(const fs::path& path) { return path.extension() == ".schema"; }

bool passed_over(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == "node_modules" || name.starts_with(".");
}

// The more two paths have in common, the nearer they are.
std::size_t shared(const std::string& a, const std::string& b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(std::count(a.begin(), ends.first, '/'));
}

}  // namespace

void Workspace::add_folder(const std::string& path) {
  std::error_code failed;
  std::size_t entries = 0;
  fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, failed);
  for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    if (++entries > entries_max || documents_.size() >= files_max) return;
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      if (passed_over(at->path()) || at.depth() >= folder_depth_max) at.disable_recursion_pending();
    } else if (is_schema(at->path())) {
      refresh(at->path().string());
    }
  }
}

bool Workspace::put(const std::string& path, std::string text) {
  const auto known = documents_.find(path);
  if (known == documents_.end() && documents_.size() >= files_max) return false;
  Document& document = documents_[path];
  document.path = path;
  document.parsed = schema::parse(text, path);
  document.text = std::move(text);
  schema::resolve(document.parsed.schema);
  return true;
}

bool Workspace::open(const std::string& path, std::string text, std::int64_t version) {
  if (!put(path, std::move(text))) return false;
  documents_[path].open = true;
  documents_[path].version = version;
  return true;
}

void Workspace::close(const std::string& path) {
  const auto known = documents_.find(path);
  if (known == documents_.end()) return;
  known->second.open = false;
  refresh(path);
}

void Workspace::refresh(const std::string& path) {
  const auto known = documents_.find(path);
  if (known != documents_.end() && known->second.open) return;
  std::error_code failed;
  auto text = path.starts_with('/') && fs::is_regular_file(path, failed)
                  ? read_source(path, schema::file_bytes_max)
                  : statekit::fail(statekit::Code::not_found, "there is no such file");
  if (text) {
    put(path, *std::move(text));
  } else {
    documents_.erase(path);
  }
}

const Document* Workspace::find(const std::string& path) const {
  const auto known = documents_.find(path);
  return known == documents_.end() ? nullptr : &known->second;
}

const schema::Module* Workspace::nearest(const std::string& name, const Document& to) const {
  const schema::Module* best = nullptr;
  std::size_t most = 0;
  for (const auto& [path, document] : documents_) {
    const schema::Module* module = schema::find_module(document.parsed.schema, name);
    const std::size_t common = module == nullptr ? 0 : shared(path, to.path) + 1;
    if (common <= most) continue;
    best = module;
    most = common;
  }
  return best;
}

std::vector<const schema::Module*> Workspace::system_of(const Document& document) const {
  std::vector<const schema::Module*> modules;
  std::set<std::string> known;
  for (const schema::Module& module : document.parsed.schema.modules) {
    modules.push_back(&module);
    known.insert(module.name);
  }
  for (std::size_t i = 0; i < modules.size(); ++i) {
    for (const std::string& name : schema::imports(*modules[i])) {
      if (!known.insert(name).second) continue;
      if (const schema::Module* module = nearest(name, document)) modules.push_back(module);
    }
  }
  return modules;
}

std::vector<const schema::Module*> Workspace::reachable_from(const Document& document) const {
  std::vector<const schema::Module*> modules = system_of(document);
  std::set<std::string> known;
  for (const schema::Module* module : modules) known.insert(module->name);
  for (const auto& [path, other] : documents_) {
    for (const schema::Module& module : other.parsed.schema.modules) {
      if (known.insert(module.name).second) modules.push_back(nearest(module.name, document));
    }
  }
  return modules;
}

std::vector<schema::Diagnostic> Workspace::faults_of(const Document& document) const {
  std::vector<schema::Diagnostic> faults = document.parsed.diagnostics;
  if (faults.empty()) {
    std::set<std::string> names;
    for (const schema::Module& module : document.parsed.schema.modules) names.insert(module.name);
    faults = schema::check_changed(system_of(document), names);
    std::erase_if(faults, [&](const auto& fault) { return fault.place.file != document.path; });
  }
  // Of what could be read, so that they do not come and go while something is typed.
  const auto warnings = schema::warnings(document.parsed.schema);
  faults.insert(faults.end(), warnings.begin(), warnings.end());
  schema::sort_diagnostics(faults);
  return faults;
}

}  // namespace millrace::cli::lsp
