// not-executed: what is read, checked and stored, but carried out by nothing here yet.

#include <string>
#include <utility>

#include "checker.hpp"
#include "schema/check.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

// What to know about a piece of metadata that nothing carries out; null: it is carried out, or is
// only told to others.
struct NotExecuted {
  template <class Kind>
  const char* operator()(const Kind&) const {
    return nullptr;
  }
  const char* operator()(const Cron&) const {
    return "nothing calls the verb at these times yet; let a scheduler of your own call it";
  }
  const char* operator()(const Subscribe&) const {
    return "nothing delivers the topic's events yet; let the publisher call the verb";
  }
  const char* operator()(const SqlColumn&) const {
    return "nothing maps fields to columns yet; read and write them in the module";
  }
  const char* operator()(const SqlQuery&) const {
    return "nothing runs the query yet; the module must answer the verb itself";
  }
  const char* operator()(const Egress&) const {
    return "nothing limits or routes what the module sends out yet";
  }
};

class Warnings {
 public:
  explicit Warnings(const Module& module) : module_(module) {}

  std::vector<Diagnostic> take() {
    for (const Database& decl : module_.databases) {
      add(decl.spot, "the database " + in_ticks(decl.name) +
                         " is checked and stored, but nothing creates or migrates it yet; connect "
                         "the module to one of your own");
    }
    for_each_decl(module_, [this](const auto& decl) {
      walk_metadata(decl, [this](const Metadata& entry) { metadata(entry); });
    });
    return std::move(found_);
  }

 private:
  void metadata(const Metadata& entry) {
    const char* why = std::visit(NotExecuted{}, entry.value);
    if (why == nullptr) return;
    add(entry.spot, in_ticks("+" + std::string(keyword_of(entry.value))) +
                        " is checked and stored, but " + why);
  }

  void add(const Spot& spot, std::string message) {
    found_.push_back({{module_.file.name, spot.line, spot.column},
                      "not-executed",
                      one_line(std::move(message)),
                      Severity::warning});
  }

  const Module& module_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> warnings(const Schema& schema) {
  std::vector<Diagnostic> all;
  for (const Module& module : schema.modules) {
    for (Diagnostic& found : Warnings(module).take()) {
      if (all.size() < complaints_max) all.push_back(std::move(found));
    }
  }
  sort_diagnostics(all);
  return all;
}

}  // namespace millrace::schema
