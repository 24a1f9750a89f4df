// Which fields the released protos have, and which of them some bytes hold: a frozen sample of a
// message is worth little where it leaves a field out. One thread.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace millrace::test {

using FieldNames = std::set<std::string>;

inline void collect(const google::protobuf::Message& message, FieldNames& names) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    names.insert(field->full_name());
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) collect(reflection->GetMessage(message, field), names);
    for (int i = 0; field->is_repeated() && i < reflection->FieldSize(message, field); ++i)
      collect(reflection->GetRepeatedMessage(message, field, i), names);
  }
}

class ReleasedProtos {
 public:
  // `path`: tests/protos/released.binpb.
  explicit ReleasedProtos(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    google::protobuf::FileDescriptorSet files;
    if (!files.ParseFromIstream(&file)) return;
    for (const auto& each : files.file()) pool_.BuildFile(each);
  }

  // The fields of `message` and of all that it holds, but for those of messages named `but`.
  FieldNames fields(const std::string& message, const std::string& but = {}) const {
    FieldNames names;
    const auto* found = pool_.FindMessageTypeByName("millrace.v2alpha1." + message);
    if (found != nullptr) walk(*found, but, names);
    return names;
  }

 private:
  static void walk(const google::protobuf::Descriptor& message, const std::string& but,
                   FieldNames& names) {
    for (int i = 0; i < message.field_count(); ++i) {
      const auto* field = message.field(i);
      if (!names.insert(field->full_name()).second) continue;
      const auto* inner = field->message_type();
      if (inner != nullptr && inner->name() != but) walk(*inner, but, names);
    }
  }

  google::protobuf::DescriptorPool pool_;
};

// The released fields that are in none of the samples.
template <class Message>
FieldNames left_out(const ReleasedProtos& released, const std::vector<std::string>& samples,
                    const std::string& but = {}) {
  FieldNames held;
  for (const std::string& bytes : samples) {
    Message message;
    if (message.ParseFromString(bytes)) collect(message, held);
  }
  FieldNames missing = released.fields(Message::descriptor()->name(), but);
  for (const std::string& name : held) missing.erase(name);
  return missing;
}

}  // namespace millrace::test
