#include "layout.hpp"

#include <charconv>

#include "../rules.hpp"
#include "statekit/envelope.hpp"

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

constexpr std::size_t digest_bytes = 32;
const std::string format_words = "millrace journal ";

Bytes padded(std::uint64_t number, std::size_t digits) {
  const Bytes text = std::to_string(number);
  return text.size() < digits ? Bytes(digits - text.size(), '0') + text : text;
}

template <class Number>
bool read_number(BytesView text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty();
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_digest(BytesView text, Digest& digest) {
  if (text.size() != 2 * digest_bytes) return false;
  for (std::size_t i = 0; i < digest_bytes; ++i) {
    const int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    digest.octets[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

// Records are short lines that a person can read in etcdctl: fields between bars, the last of them
// a digest of those before, so that what was changed by hand is noticed.
Bytes record(std::initializer_list<Bytes> fields) {
  Bytes text;
  for (const Bytes& field : fields) text += field + "|";
  return text + hex(sha256("millrace etcd 1|" + text));
}

bool read_record(const Bytes& value, std::size_t count, std::vector<Bytes>& fields) {
  fields.clear();
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bar = value.find('|', at);
    if (bar == Bytes::npos) return false;
    fields.push_back(value.substr(at, bar - at));
    at = bar + 1;
  }
  return value.substr(at) == hex(sha256("millrace etcd 1|" + value.substr(0, at)));
}

bool read_begin(const Bytes& value, Head& head) {
  std::vector<Bytes> fields;
  return read_record(value, 2, fields) && read_number(fields[0], head.first) &&
         read_digest(fields[1], head.before_first);
}

bool read_head(const Bytes& value, Head& head) {
  std::vector<Bytes> fields;
  if (!read_record(value, 3, fields)) return false;
  head.incarnation = fields[0];
  return read_number(fields[1], head.last) && read_digest(fields[2], head.digest);
}

// True: it is being filled.
JournalResult<bool> check_format(const Keys& keys, const Bytes& value) {
  int format = 0;
  const bool ours = value.rfind(format_words, 0) == 0 &&
                    read_number(BytesView(value).substr(format_words.size()), format);
  if (!ours)
    return refuse(JournalFault::wrong_format,
                  "etcd " + keys.prefix() +
                      " holds something that is no journal of ours: name another workspace");
  if (format == etcd_format) return false;
  if (format == etcd_format + filling_format) return true;
  return refuse(JournalFault::wrong_format, "etcd " + keys.prefix() + " is a journal of format " +
                                                std::to_string(format) +
                                                ", this program knows up to " +
                                                std::to_string(etcd_format) + ": use a newer one");
}

}  // namespace

Bytes Keys::commit(Revision revision) const { return prefix_ + padded(revision, 20); }
Bytes Keys::snapshot(Revision revision) const {
  return prefix_ + "snapshot/" + padded(revision, 20);
}
Bytes Keys::parts_of(Revision revision) const {
  return prefix_ + "part/" + padded(revision, 20) + "/";
}
Bytes Keys::parts_of(Revision revision, std::int64_t attempt) const {
  return parts_of(revision) + padded(static_cast<std::uint64_t>(attempt), 20) + "/";
}
Bytes Keys::part(Revision revision, std::int64_t attempt, std::int64_t number) const {
  return parts_of(revision, attempt) + padded(static_cast<std::uint64_t>(number), 8);
}

tl::unexpected<JournalError> damaged(Revision revision, const std::string& what) {
  return refuse(JournalFault::corrupt,
                "etcd: revision " + std::to_string(revision) + ": " + what +
                    " is damaged or missing: restore a backup",
                {}, revision);
}

Bytes format_value(bool filling) {
  return format_words + std::to_string(etcd_format + (filling ? filling_format : 0));
}
Bytes begin_value(const Head& head) {
  return record({std::to_string(head.first), hex(head.before_first)});
}
Bytes head_value(const Head& head) {
  return record({head.incarnation, std::to_string(head.last), hex(head.digest)});
}

JournalResult<std::optional<Root>> read_root(const Keys& keys, const std::vector<KeyValue>& found,
                                             Filling filling) {
  if (found.empty()) return std::optional<Root>();
  Root root;
  bool has_format = false;
  for (const KeyValue& each : found) {
    if (each.key == keys.format()) {
      const auto half = check_format(keys, each.value);
      if (!half) return tl::unexpected(half.error());
      if (*half && filling == Filling::refused) return refuse_half("etcd " + keys.prefix());
      root.filling = *half;
      root.format_mod = each.mod;
      has_format = true;
    }
  }
  if (!has_format) return tl::unexpected(check_format(keys, "").error());
  for (const KeyValue& each : found)
    if (each.key != keys.format() && !update_root(keys, each, root))
      return damaged(0, "the record " + each.key);
  if (root.begin_mod == 0) return damaged(0, "the record " + keys.begin());
  if (root.head_mod == 0) return damaged(0, "the record " + keys.head());
  if (root.head.last + 1 < root.head.first) return damaged(0, "the record " + keys.begin());
  return std::optional(std::move(root));
}

bool update_root(const Keys& keys, const KeyValue& changed, Root& root) {
  Head head = root.head;
  if (changed.removed) return false;
  if (changed.key == keys.begin() && read_begin(changed.value, head)) {
    root.begin_mod = changed.mod;
  } else if (changed.key == keys.head() && read_head(changed.value, head)) {
    root.head_mod = changed.mod;
  } else {
    return false;
  }
  root.head = std::move(head);
  return true;
}

Bytes commit_value(const Digest& before, const Entry& entry) {
  return to_bytes(before) + to_bytes(entry.digest) + entry.commit;
}

JournalResult<StoredCommit> read_commit(Revision revision, const Bytes& value) {
  StoredCommit stored;
  if (value.size() < 2 * digest_bytes) return damaged(revision, "the commit");
  from_bytes(BytesView(value).substr(0, digest_bytes), stored.before);
  from_bytes(BytesView(value).substr(digest_bytes, digest_bytes), stored.entry.digest);
  stored.entry.revision = revision;
  stored.entry.commit = value.substr(2 * digest_bytes);
  const Result<Digest> next = chain(stored.before, revision, stored.entry.commit);
  if (!next || *next != stored.entry.digest) return damaged(revision, "the commit");
  return stored;
}

Bytes seal_value(const Seal& seal) {
  return record({std::to_string(seal.attempt), std::to_string(seal.parts), hex(seal.digest),
                 hex(seal.content)});
}

JournalResult<Seal> read_seal(const Keys& keys, const KeyValue& found) {
  Seal seal;
  std::vector<Bytes> fields;
  const std::size_t front = keys.snapshot(0).size() - 20;
  if (found.key.size() != front + 20 ||
      !read_number(BytesView(found.key).substr(front), seal.revision))
    return damaged(0, "the record " + found.key);
  const bool good = read_record(found.value, 4, fields) && read_number(fields[0], seal.attempt) &&
                    read_number(fields[1], seal.parts) && read_digest(fields[2], seal.digest) &&
                    read_digest(fields[3], seal.content);
  if (!good) return damaged(seal.revision, "the seal of the snapshot");
  return seal;
}

Bytes part_value(const Bytes& part) { return to_bytes(sha256(part)) + part; }

std::optional<Bytes> read_part(const Bytes& value) {
  Digest digest;
  if (value.size() < digest_bytes) return std::nullopt;
  from_bytes(BytesView(value).substr(0, digest_bytes), digest);
  Bytes part = value.substr(digest_bytes);
  if (sha256(part) != digest) return std::nullopt;
  return part;
}

}  // namespace millrace::journal::etcd
