#include "snapshots.hpp"

#include <utility>

#include "journal/http_wire.hpp"

namespace millrace::journal::http {

using namespace statekit;

namespace {

// Parts on their way out, as one message after the other.
class Upload {
 public:
  Upload(Store& store, const SnapshotSource& source, const std::string& name)
      : store_(store),
        target_("/snapshots/" + std::to_string(source.revision) + "?digest=" + hex(source.digest) +
                "&upload=" + name) {}

  JournalResult<void> add(BytesView part) {
    if (auto good = check_part(part); !good) return good;
    if (!octets_.empty() && octets_.size() + part.size() > snapshot_bytes_max)
      if (auto sent = send(false); !sent) return sent;
    frame_part(octets_, part);
    ++count_;
    return {};
  }

  JournalResult<void> send(bool last) {
    Ask ask{"PUT",
            target_ + "&from=" + std::to_string(sent_) + "&last=" + (last ? "true" : "false"),
            std::exchange(octets_, {})};
    ask.repeatable = false;  // a message that came twice would not follow the one before it
    const auto response = store_.want(std::move(ask));
    if (!response) return tl::unexpected(response.error());
    if (response->status != (last ? 200 : 202))
      return refuse(JournalFault::unavailable, store_.where() + " answers " +
                                                   std::to_string(response->status) +
                                                   " to a part of a snapshot");
    sent_ = count_;
    return {};
  }

 private:
  Store& store_;
  const std::string target_;
  Bytes octets_;
  std::uint64_t count_ = 0, sent_ = 0;
};

class Download : public SnapshotReader {
 public:
  Download(std::shared_ptr<Store> store, Revision revision, Digest digest)
      : store_(std::move(store)), revision_(revision), digest_(digest) {}
  Revision revision() const override { return revision_; }
  Digest digest() const override { return digest_; }

  JournalResult<std::optional<Bytes>> next() override {
    while (at_ == parts_.size()) {
      if (!more_) return std::optional<Bytes>();
      auto fetched = fetch(store_, revision_, given_);
      if (!fetched) return tl::unexpected(fetched.error());
      if (!*fetched || (*fetched)->revision_ != revision_ || (*fetched)->digest_ != digest_ ||
          (*fetched)->parts_.empty())
        return refuse(JournalFault::unavailable, store_->where() + ": the snapshot at revision " +
                                                     std::to_string(revision_) +
                                                     " went while it was read: try again");
      if (octets_ > store_->tuning().snapshot_bytes_max)
        return refuse(JournalFault::corrupt,
                      store_->where() + ": the snapshot at revision " + std::to_string(revision_) +
                          " is over " + std::to_string(store_->tuning().snapshot_bytes_max) +
                          " bytes, or has no end",
                      {}, revision_);
      parts_ = std::move((*fetched)->parts_);
      more_ = (*fetched)->more_;
      at_ = 0;
    }
    ++given_;
    octets_ += parts_[at_].size() + 4;  // with its length, so that empty ones count
    return std::optional<Bytes>(std::move(parts_[at_++]));
  }

  // The newest at or before `at_most`, with its parts from `from` on; null when there is none.
  static JournalResult<std::unique_ptr<Download>> fetch(std::shared_ptr<Store> store,
                                                        Revision at_most, std::uint64_t from) {
    const auto response = store->want(
        {"GET", "/snapshots?at_most=" + std::to_string(at_most) + "&from=" + std::to_string(from)});
    if (!response) return tl::unexpected(response.error());
    if (response->status == 204) return std::unique_ptr<Download>();
    const auto header = [&](const char* name) {
      return httpkit::find_header(response->headers, name).value_or("");
    };
    const auto revision = parse_number(header("millrace-revision"));
    const auto digest = parse_digest(header("millrace-digest"));
    auto parts = parse_parts(response->body);
    if (!revision || !digest || !parts)
      return refuse(JournalFault::corrupt,
                    store->where() + ": the answer is no snapshot" +
                        (parts ? std::string() : ": " + parts.error().message),
                    {}, at_most);
    auto found = std::make_unique<Download>(std::move(store), *revision, *digest);
    found->parts_ = std::move(*parts);
    found->more_ = header("millrace-more") == "true";
    return found;
  }

 private:
  const std::shared_ptr<Store> store_;
  const Revision revision_;
  const Digest digest_;
  std::vector<Bytes> parts_;
  std::size_t at_ = 0;
  std::uint64_t given_ = 0, octets_ = 0;
  bool more_ = false;
};

}  // namespace

JournalResult<void> save_snapshot(Store& store, SnapshotSource source, const std::string& upload) {
  // What can be known here is known before anything is sent.
  if (auto good = check_snapshot({}, source.revision, source.digest, nullptr); !good) return good;
  Upload out(store, source, upload);
  while (const auto part = source.next()) {
    if (store.closed()) return closed_handle();
    if (auto added = out.add(*part); !added) return added;
  }
  if (store.closed()) return closed_handle();
  return out.send(true);
}

JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(std::shared_ptr<Store> store,
                                                             Revision at_most) {
  auto found = Download::fetch(std::move(store), at_most, 0);
  if (!found) return tl::unexpected(found.error());
  return std::unique_ptr<SnapshotReader>(std::move(*found));
}

}  // namespace millrace::journal::http
