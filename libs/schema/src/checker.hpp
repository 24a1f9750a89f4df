// What the checker's files share: the context of one run and the rules as functions, one file for
// each family of rules. Private to this library.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "quote.hpp"
#include "schema/index.hpp"
#include "schema/model.hpp"

namespace millrace::schema {

inline constexpr std::size_t complaints_max = 10'000;  // told by one check

class Report {
 public:
  void add(const Module& module, const Spot& spot, std::string_view rule, std::string message) {
    if (found_.size() == complaints_max) return;
    found_.push_back({{module.file.name, spot.line, spot.column},
                      std::string(rule),
                      one_line(std::move(message))});
  }
  bool full() const { return found_.size() == complaints_max; }
  std::vector<Diagnostic> take() {
    sort_diagnostics(found_);
    return std::move(found_);
  }

 private:
  std::vector<Diagnostic> found_;
};

using ModuleList = std::vector<const Module*>;

// One run: all modules, their index, where complaints go.
struct CheckRun {
  const ModuleList& all;
  const Index& index;
  Report& report;
};

// Rules about one module.
void check_grammar(const CheckRun& run, const Module& module);     // checker_grammar.cpp
void check_names(const CheckRun& run, const Module& module);       // checker_names.cpp
void check_references(const CheckRun& run, const Module& module);  // checker_references.cpp
void check_types(const CheckRun& run, const Module& module);       // checker_types.cpp
void check_metadata(const CheckRun& run, const Module& module);    // checker_metadata.cpp
void check_ingress(const CheckRun& run, const Module& module);     // checker_ingress.cpp
void check_events(const CheckRun& run, const Module& module);      // checker_events.cpp

// Rules about several modules at once; complaints only about those in `modules`.
// Generic data that grow for ever through their own parameters, of all modules.
std::unordered_set<const Data*> check_growth(const CheckRun& run,
                                             const ModuleList& modules);  // checker_growth.cpp
void check_recursion(const CheckRun& run, const ModuleList& modules,
                     const std::unordered_set<const Data*>& growing);      // checker_recursion.cpp
void check_map_keys(const CheckRun& run, const ModuleList& modules);       // checker_map_keys.cpp
void check_duplicate_modules(const CheckRun& run);                         // checker_names.cpp
void check_realms(const CheckRun& run, const ModuleList& changed);         // checker_names.cpp
void check_import_cycles(const CheckRun& run, const ModuleList& modules);  // checker_cycles.cpp
void check_ingress_overlap(const CheckRun& run, const ModuleList& modules);  // checker_ingress.cpp

std::string in_ticks(std::string_view text);  // `text`

Visibility visibility_of(const DeclPtr& decl);
// Whether a declaration of `owner` with that visibility may be named in `from`.
bool visible_from(const Module& from, const Module& owner, Visibility visibility);

// Strings, numbers, booleans, times, bytes, and enums of such values; aliases are followed.
bool is_scalar(const Index& index, const Type& type);
bool is_unit(const Index& index, const Type& type);
// Whether both mean the same once aliases are followed, at any depth.
bool same_type(const Index& index, const Type& a, const Type& b);

// The fields of a data type with its type arguments put in; empty for what is no data.
std::vector<Field> fields_of(const Index& index, const Type& type);

// Strongly connected components of a graph given as lists of successors.
std::vector<std::vector<std::size_t>> components(
    const std::vector<std::vector<std::size_t>>& graph);
// A shortest way from a node back to itself, through `inside` nodes only; begins with the node and
// does not repeat it at the end. Empty: there is none.
std::vector<std::size_t> shortest_circle(const std::vector<std::vector<std::size_t>>& graph,
                                         std::size_t node);

}  // namespace millrace::schema
