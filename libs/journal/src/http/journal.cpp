#include <algorithm>
#include <atomic>
#include <chrono>

#include "journal/http.hpp"
#include "journal/http_wire.hpp"
#include "snapshots.hpp"
#include "statekit/envelope.hpp"
#include "statekit/io/ids.hpp"
#include "store.hpp"

namespace millrace::journal {

using namespace statekit;

namespace http {

namespace {

constexpr int appends_max = 4;             // when the head moves under us without being passed
constexpr std::int64_t answer_ms = 5'000;  // beyond what a server was asked to wait

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::int64_t ms_until(steady_clock::time_point end) {
  return std::chrono::duration_cast<milliseconds>(end - steady_clock::now()).count();
}

class HttpJournal : public Journal {
 public:
  HttpJournal(HttpAddress address, const HttpTuning& tuning)
      : address_(std::move(address)), tuning_(tuning) {}
  ~HttpJournal() override { HttpJournal::close(); }

  JournalResult<Head> open(const JournalOptions& options) override {
    if (options.create)
      if (auto good = check_incarnation(options.incarnation_if_new); !good)
        return tl::unexpected(good.error());
    auto store = std::make_shared<Store>(address_, tuning_);
    store->say_fill(options.fill);
    const bool make = options.create && !options.read_only;
    auto response = store->ask({"GET", ""});
    const bool found = response && response->status == 200;
    if (make && response && (response->status == 404 || (options.fill && found)))
      response = store->ask({"PUT", "?incarnation=" + options.incarnation_if_new});
    if (!response) return tl::unexpected(response.error());
    if (response->status != 200 && response->status != 201)
      return tl::unexpected(store->error_of(*response, false));
    const auto head = store->head_in(*response);
    if (!head) return head;
    // A server that knows no mark goes on as if it were none: what is half there is not told.
    if (make && options.fill && !says_filling(response->body))
      if (auto good = check_fill(*head, options, store->where()); !good)
        return tl::unexpected(good.error());
    const std::lock_guard lock(mutex_);
    marked_ = make && options.fill && says_filling(response->body);
    read_only_ = options.read_only;
    store_ = std::move(store);
    return head;
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    if (auto good = check_batch(expected_last, entries); !good) return tl::unexpected(good.error());
    const auto end = steady_clock::now() + milliseconds(deadline.ms);
    Head head = (*store)->known();
    // What is known may be old: only what the server says now is an answer.
    if (!check_append(head, expected_last, entries)) {
      const auto now = (*store)->head();
      if (!now) return tl::unexpected(now.error());
      head = *now;
    }
    for (int i = 0; i < appends_max; ++i) {
      if (auto good = check_append(head, expected_last, entries); !good)
        return tl::unexpected(good.error());
      Ask ask{"POST", "/entries", frame_entries(entries), {{"if-match", etag_of(head)}}};
      ask.ms = std::max<std::int64_t>(ms_until(end), 1);
      ask.repeatable = false;
      const auto response = (*store)->want(std::move(ask), true);
      if (response) return taken(**store, *response, entries.back());
      if (response.error().fault != JournalFault::conflict) return tl::unexpected(response.error());
      head = *response.error().head;
    }
    return refuse(JournalFault::unavailable, "the head changes under us: try again");
  }

  JournalResult<Head> head() override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return (*store)->head();
  }

  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    if (after + 1 == 0) return std::vector<Entry>();
    Tail tail;
    if (auto found = tail_at(**store, after); !found)
      return tl::unexpected(found.error());
    else if (!*found)
      return std::vector<Entry>();
    else
      tail = **found;
    std::vector<Entry> all;
    std::size_t bytes = 0;
    for (bool over = false; !over;) {
      const std::size_t wanted = std::max<std::size_t>(max_entries, 1) - all.size();
      auto some = fetch(**store, tail, wanted, max_bytes - std::min(bytes, max_bytes), over);
      if (!some) return tl::unexpected(some.error());
      for (Entry& each : *some) {
        bytes += each.commit.size();
        if (!all.empty() && (all.size() >= max_entries || bytes > max_bytes)) {
          over = true;
          break;
        }
        tail = {each.revision, each.digest};
        all.push_back(std::move(each));
      }
      over = over || all.size() >= max_entries || bytes >= max_bytes;
    }
    remember(tail);
    return all;
  }

  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    const auto end = steady_clock::now() + milliseconds(deadline.ms);
    for (;;) {
      const std::int64_t left = std::clamp<std::int64_t>(ms_until(end) + 1, 0, tuning_.poll_ms_max);
      Ask ask{"GET", "?after=" + std::to_string(after) + "&wait_ms=" + std::to_string(left)};
      ask.ms = left + answer_ms;
      const auto response = (*store)->want(std::move(ask));
      if ((*store)->closed()) return closed_handle();
      const auto head = response ? (*store)->head_in(*response)
                                 : JournalResult<Head>(tl::unexpected(response.error()));
      const bool over = steady_clock::now() >= end;
      if (head && (over || head->last > after)) return head;
      if (!head && over) return head;
      // Neither a server that answers too early nor one that cannot be reached makes us spin.
      if (!(*store)->rest(std::min<std::int64_t>(ms_until(end) + 1, tuning_.retry_ms)))
        return closed_handle();
    }
  }

  JournalResult<void> save_snapshot(SnapshotSource source) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    return http::save_snapshot(**store, std::move(source), random_hex(8));
  }

  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    const auto store = usable();
    if (!store) return tl::unexpected(store.error());
    return http::load_snapshot(*store, at_most);
  }

  JournalResult<void> compact(Revision up_to) override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    const auto response = (*store)->want({"POST", "/compact?up_to=" + std::to_string(up_to)});
    if (!response) return tl::unexpected(response.error());
    const auto head = (*store)->head_in(*response);
    if (!head) return tl::unexpected(head.error());
    return {};
  }

  JournalResult<void> filled() override {
    const auto store = writable();
    if (!store) return tl::unexpected(store.error());
    if (!marked_) return {};
    const auto response = (*store)->want({"POST", "/filled"});
    if (!response) return tl::unexpected(response.error());
    marked_ = false;
    (*store)->say_fill(false);
    return {};
  }

  void close() override {
    if (const auto store = usable()) (*store)->close();
  }

 private:
  // Where a read begins: each commit must continue the digest before it.
  struct Tail {
    Revision revision = 0;
    Digest digest;
  };

  JournalResult<std::shared_ptr<Store>> usable() const {
    const std::lock_guard lock(mutex_);
    if (!store_ || store_->closed()) return closed_handle();
    return store_;
  }
  JournalResult<std::shared_ptr<Store>> writable() const {
    auto store = usable();
    if (store && read_only_)
      return refuse(JournalFault::invalid, "this handle of the journal was opened to read only");
    return store;
  }

  // Only the head that the append makes says that it is stored: what stands in between may answer
  // 200 to anything, such as a page to log in at.
  static JournalResult<Revision> taken(Store& store, const httpkit::Response& response,
                                       const Entry& newest) {
    const auto head = parse_head(response.body);
    const bool stands = head && (head->last > newest.revision ||
                                 (head->last == newest.revision && head->digest == newest.digest));
    if (!stands)
      return refuse(JournalFault::unknown,
                    store.where() + ": the answer to an append is not the head after it");
    store.learn(*head);
    return newest.revision;
  }

  void remember(const Tail& tail) {
    const std::lock_guard lock(mutex_);
    tail_ = tail;
  }

  // The digest at `after`, from what was read last, from the head, or from the entry there. Null:
  // the journal ends before it.
  JournalResult<std::optional<Tail>> tail_at(Store& store, Revision after) {
    if (after == 0) return std::optional<Tail>(Tail{});
    {
      const std::lock_guard lock(mutex_);
      if (tail_.revision == after) return std::optional<Tail>(tail_);
    }
    Head head = store.known();
    if (after > head.last) {
      const auto now = store.head();
      if (!now) return tl::unexpected(now.error());
      head = *now;
    }
    if (after > head.last) return std::optional<Tail>();
    if (after == head.last) return std::optional<Tail>(Tail{after, head.digest});
    if (after + 1 == head.first) return std::optional<Tail>(Tail{after, head.before_first});
    if (auto good = check_readable(head, after); !good) return tl::unexpected(good.error());
    auto before = entries_after(store, after - 1, 1, 1);
    if (!before && before.error().fault == JournalFault::compacted && before.error().head &&
        before.error().head->first == after + 1)
      return std::optional<Tail>(Tail{after, before.error().head->before_first});
    if (!before) return tl::unexpected(before.error());
    if (before->entries.empty() || before->entries.front().revision != after)
      return refuse(JournalFault::corrupt, store.where() + ": the commit is not there", {}, after);
    return std::optional<Tail>(Tail{after, before->entries.front().digest});
  }

  struct Page {
    std::vector<Entry> entries;
    Revision last = 0;  // of the journal, when it was read
  };

  static JournalResult<Page> entries_after(Store& store, Revision after, std::size_t entries,
                                           std::size_t bytes) {
    entries = std::clamp<std::size_t>(entries, 1, read_entries_max);
    bytes = std::clamp<std::size_t>(bytes, 1, read_bytes_max);
    const auto response = store.want({"GET", "/entries?after=" + std::to_string(after) +
                                                 "&limit=" + std::to_string(entries) +
                                                 "&bytes=" + std::to_string(bytes)});
    if (!response) return tl::unexpected(response.error());
    const auto end =
        parse_etag(httpkit::find_header(response->headers, "etag").value_or(std::string_view()));
    auto found = parse_entries(response->body);
    // Nothing that speaks this protocol, which says nothing of what is stored.
    if (!end) return refuse(JournalFault::unavailable, store.where() + ": the answer has no ETag");
    if (!found)
      return refuse(JournalFault::corrupt, store.where() + ": " + found.error().message, {},
                    after + 1);
    return Page{std::move(*found), end->last};
  }

  // The next entries as the server gives them, each checked against the one before. `over`: the
  // journal ends with them.
  static JournalResult<std::vector<Entry>> fetch(Store& store, Tail tail, std::size_t entries,
                                                 std::size_t bytes, bool& over) {
    auto page = entries_after(store, tail.revision, entries, bytes);
    if (!page) return tl::unexpected(page.error());
    for (const Entry& each : page->entries) {
      const auto next = chain(tail.digest, tail.revision + 1, each.commit);
      if (each.revision != tail.revision + 1 || !next || *next != each.digest)
        return refuse(JournalFault::corrupt,
                      store.where() + ": the commit at revision " +
                          std::to_string(tail.revision + 1) + " does not continue the journal",
                      {}, tail.revision + 1);
      tail = {each.revision, each.digest};
    }
    over = tail.revision >= page->last;
    if (page->entries.empty() && !over)
      return refuse(JournalFault::corrupt, store.where() + ": the commit is not there", {},
                    tail.revision + 1);
    return std::move(page->entries);
  }

  const HttpAddress address_;
  const HttpTuning tuning_;
  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
  std::atomic<bool> read_only_ = false;
  std::atomic<bool> marked_ = false;  // it is being filled, and says so
  Tail tail_;
};

}  // namespace

}  // namespace http

std::unique_ptr<Journal> make_http_journal(HttpAddress address, HttpTuning tuning) {
  return std::make_unique<http::HttpJournal>(std::move(address), tuning);
}

}  // namespace millrace::journal
