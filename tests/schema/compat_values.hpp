// An independent judge of compatibility: values. A value that fits the old type and not the new one
// proves that a request breaks; one that the new module may answer with and that a reader of the
// old type cannot make sense of proves it of a response. Knows nothing of the comparing code.
#pragma once

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "schema/index.hpp"

namespace millrace::schema {

// Random schemas of one module `m`: whatever a verb of it can take, behind the type m.D0.
Schema random_system(std::mt19937_64& random);
// One edit of it, in words; the schema may be invalid after it.
std::string mutate(Schema& schema, std::mt19937_64& random);

enum class Names { fields, json };

// A value that a writer of that type may write.
class Values {
 public:
  Values(const Index& index, Names names, std::mt19937_64& random)
      : index_(index), names_(names), random_(random) {}
  // `answer`: as a verb answers: nothing is left out that is not optional, nothing is unknown.
  nlohmann::json of(const Type& type, bool answer, int depth = 0);

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  nlohmann::json scalar(TypeKind kind);
  nlohmann::json data(const Data& data, const Type& type, bool answer, int depth);
  nlohmann::json variant(const Enum& decl, bool answer, int depth);

  const Index& index_;
  Names names_;
  std::mt19937_64& random_;
};

// Whether a reader who knows the type finds all that it tells, and nothing that it cannot know
// except for further fields.
bool reads(const Index& index, const Type& type, const nlohmann::json& value, Names names);

}  // namespace millrace::schema
