// The parts that comparing is put together from: edits are found declaration by declaration, then
// what callers use is walked on both sides to learn what each edit does to them. Private to this
// library.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "schema/compat.hpp"
#include "schema/index.hpp"

namespace millrace::schema {

enum class Side : std::uint8_t { request, response };

// What names the fields of data: their names between modules, their JSON names over HTTP. Texts
// are the parameters of a path or query: each is a string that is read as what is wanted.
enum class Face : std::uint8_t { modules, http, texts };

// Where a difference is told: at the place where it was written.
struct Spotted {
  ChangeKind kind = ChangeKind::type_changed;
  std::string place;
  std::string before;
  std::string after;
};

struct Effect {
  Use use;  // whose flags this sets
  Side side = Side::request;
  std::string rule;  // empty: it is seen there and breaks nothing
  std::string why;
};

class Changes {
 public:
  // An edit, whether anybody sees it or not.
  void edit(Spotted spotted);
  // What it does to those who use something; the edit itself is added where it is not known yet.
  void effect(const Spotted& spotted, const Effect& effect);
  std::vector<Change> finish() const;

 private:
  using Key = std::tuple<std::string, ChangeKind, std::string, std::string>;
  static Key key_of(const Spotted& spotted);

  std::map<Key, std::vector<Effect>> edits_;
};

// The words for a change, without its place.
std::string words_of(ChangeKind kind, const std::string& before, const std::string& after);

struct Compared {
  const std::vector<const Module*>& before;
  const std::vector<const Module*>& after;
  Index before_index;
  Index after_index;
};

// Every edit, and the effects that need no look into types: what is gone or hidden.
void compare_declarations(const Compared& compared, Changes& changes);

// Verbs, topics, configs, secrets and routes: what callers send and get.
void compare_uses(const Compared& compared, Changes& changes);

// The declarations of which the old and the new one differ, through whatever they refer to.
class Affected {
 public:
  explicit Affected(const Compared& compared);
  bool contains(const Type& type) const;  // in any reference inside of it

 private:
  std::unordered_set<Ref> refs_;
};

// Routes: which are gone, which another verb answers, and what the types of the others did.
void compare_routes(const Compared& compared, const Affected& affected, Changes& changes);

// Follows the types of one use on both sides at once.
class Walk {
 public:
  Walk(const Compared& compared, const Affected& affected, Changes& changes, Use use, Side side,
       Face face, bool lenient = false)
      : compared_(compared),
        affected_(affected),
        changes_(changes),
        use_(std::move(use)),
        side_(side),
        face_(face),
        lenient_(lenient) {}

  void types(const Type& before, const Type& after, const Spotted& at) {
    step(before, after, at, 0);
  }

 private:
  // Two data or enums that are compared, with what was put in for their type parameters.
  struct Pair {
    const Type& before;
    const Type& after;
    const Spotted& at;  // of the use
    int depth;
    bool same;  // one declaration, old and new: differences are told inside of it

    std::string inside(const std::string& name) const { return to_string(before.ref) + "." + name; }
  };
  void step(const Type& before, const Type& after, const Spotted& at, int depth);
  void behind(const Type& before, const Type& after, const Spotted& at, int depth);
  void optionality(const Type& before, const Type& after, const Spotted& at);
  void kinds(const Type& before, const Type& after, const Spotted& at, int depth);
  void data(const Data& before, const Data& after, const Pair& pair);
  void field_pair(const Field& before, const Field& after, const Pair& pair);
  void field_gone(const Field& field, const Data& reader, const Pair& pair);
  void field_new(const Field& field, const Pair& pair);
  void left_out(const Type& before, const Type& after, const Spotted& at);
  const Field* partner(const Field& field, const Data& after) const;
  bool may_be_left_out(const Type& type, const Index& index) const;
  void enums(const Enum& before, const Enum& after, const Pair& pair);
  void values(const Enum& before, const Enum& after, const Pair& pair);
  void variants(const Enum& before, const Enum& after, const Pair& pair);
  void unknown(const Enum& before, const Enum& after, const EnumVariant& variant, const Pair& pair);
  void note_variants(const Enum& before, const Enum& after, const Pair& pair);
  bool scalars_fit(const Type& writer, const Index& from, const Type& reader,
                   const Index& to) const;
  void mismatch(const Spotted& at, const Type& before, const Type& after);
  void breaks(const Spotted& at, std::string rule, std::string why);
  void seen(const Spotted& at);

  const Compared& compared_;
  const Affected& affected_;
  Changes& changes_;
  Use use_;
  Side side_;
  Face face_;
  bool lenient_;
  std::unordered_set<std::string> done_;
};

}  // namespace millrace::schema
