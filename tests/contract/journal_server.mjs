// A server of the journal protocol that shares no line with Millrace's: written from docs/http-journal.md as an
// example for people who write their own. A journal is one file of records, appended and synced; what is in
// memory is where each record lies. node journal_server.mjs FOLDER [FAULT]; it says `listening PORT`. With a
// FAULT it breaks one rule, so that the conformance case for that rule goes red.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const [folder, fault = ""] = process.argv.slice(2);
const entryMax = 1_000_000, entriesMax = 64, partMax = 1_048_576, waitMax = 20_000, bodyMax = 16 << 20;
const zero = Buffer.alloc(32);
fs.mkdirSync(folder, { recursive: true });

class Answer extends Error {
  constructor(status, body = "", headers = {}) {
    super();
    Object.assign(this, { status, body, headers });
  }
}
const refuse = (status, detail, more = {}) => {
  const body = JSON.stringify({ status, detail, ...more });
  throw new Answer(status, body, { "content-type": "application/problem+json" });
};
const sha = (octets) => createHash("sha256").update(octets).digest();

// A record: 4 octets of length, 32 of SHA-256 over what follows, then a kind and its octets. One write and one
// sync make a whole append durable; a record that is cut off or torn at the end of the file never was.
class Journal {
  constructor(file) {
    Object.assign(this, { fd: fs.openSync(file, "a+"), incarnation: "", filling: false, first: 1, last: 0, beforeFirst: zero, digest: zero, end: 0 });
    this.entries = new Map(); // revision -> { at, size, digest }
    this.snapshots = new Map(); // revision -> { digest, parts: [{ at, size }] }
    this.uploads = new Map();
    this.waiting = new Set();
    const octets = fs.readFileSync(file);
    while (this.end + 36 <= octets.length) {
      const size = octets.readUInt32BE(this.end);
      const body = octets.subarray(this.end + 36, this.end + 36 + size);
      if (body.length < size || !sha(body).equals(octets.subarray(this.end + 4, this.end + 36))) break;
      this.apply(body, this.end + 36);
      this.end += 36 + size;
    }
    if (this.end < octets.length) fs.ftruncateSync(this.fd, this.end);
  }
  write(kind, ...rest) {
    const body = Buffer.concat([Buffer.from(kind), ...rest]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    fs.writeSync(this.fd, Buffer.concat([head, sha(body), body]));
    fs.fsyncSync(this.fd);
    this.apply(body, this.end + 36);
    this.end += 36 + body.length;
  }
  apply(body, at) {
    const kind = String.fromCharCode(body[0]);
    const rest = body.subarray(1);
    if (kind === "I") this.incarnation = rest.toString();
    if (kind === "E")
      for (const each of entriesIn(rest)) {
        this.entries.set(each.revision, { at: at + 1 + each.at, size: each.octets.length, digest: each.digest });
        Object.assign(this, { last: each.revision, digest: each.digest });
      }
    if (kind === "S") {
      const revision = Number(rest.readBigUInt64BE(0));
      const digest = Buffer.from(rest.subarray(8, 40));
      const parts = partsIn(rest.subarray(40)).map((p) => ({ at: at + 41 + p.at, size: p.octets.length }));
      this.snapshots.set(revision, { digest, parts });
      // An empty journal takes a snapshot at any revision as its beginning.
      if (this.last === 0)
        Object.assign(this, { first: revision + 1, last: revision, beforeFirst: digest, digest });
    }
    if (kind === "F") this.filling = rest.toString() === "1";
    if (kind === "C") {
      const upTo = Number(rest.readBigUInt64BE(0));
      this.beforeFirst = this.snapshots.get(upTo).digest;
      for (const each of [...this.entries.keys()]) if (each <= upTo) this.entries.delete(each);
      for (const each of [...this.snapshots.keys()]) if (each < upTo) this.snapshots.delete(each);
      this.first = upTo + 1;
    }
  }
  octets({ at, size }) {
    const into = Buffer.alloc(size);
    fs.readSync(this.fd, into, 0, size, at);
    return into;
  }
  head() {
    const hex = (digest) => digest.toString("hex");
    return { format: 1, incarnation: this.incarnation, first: this.first, last: this.last,
      before_first: hex(this.beforeFirst), digest: hex(this.digest), ...(this.filling && { filling: true }) };
  }
  etag() {
    return `"${this.last}-${this.digest.toString("hex")}"`;
  }
  grew() {
    for (const each of [...this.waiting]) if (this.last > each.after) each.answer();
  }
  newest(atMost) {
    return Math.max(0, ...[...this.snapshots.keys()].filter((each) => each <= atMost));
  }
  digestAt(revision) {
    if (revision + 1 === this.first) return this.beforeFirst;
    return this.entries.get(revision)?.digest;
  }
}

const number = (text, otherwise) => {
  if (text === null) return otherwise;
  if (!/^\d+$/.test(text)) refuse(400, `'${text}' is no number`);
  return Number(text);
};
const big = (value) => Buffer.from(BigInt(value).toString(16).padStart(16, "0"), "hex");
function* framesIn(octets, headSize) {
  for (let at = 0; at < octets.length; ) {
    if (at + headSize > octets.length) refuse(400, "the frames are cut off");
    const size = octets.readUInt32BE(headSize === 4 ? at : at + 8);
    if (at + headSize + size > octets.length) refuse(400, "the frames are cut off");
    yield { head: octets.subarray(at, at + headSize), at: at + headSize,
      octets: octets.subarray(at + headSize, at + headSize + size) };
    at += headSize + size;
  }
}
const entriesIn = (octets) =>
  [...framesIn(octets, 44)].map(({ head, ...rest }) => ({ revision: Number(head.readBigUInt64BE(0)),
    digest: Buffer.from(head.subarray(12)), ...rest }));
const partsIn = (octets) => [...framesIn(octets, 4)];

const journals = new Map();
const fileOf = (name) => path.join(folder, `${name}.journal`);
function find(name) {
  if (!journals.has(name) && fs.existsSync(fileOf(name))) journals.set(name, new Journal(fileOf(name)));
  const journal = journals.get(name);
  return journal?.incarnation ? journal : null;
}
const ok = (journal, status = 200) =>
  new Answer(status, JSON.stringify(journal.head()), { "content-type": "application/json", etag: journal.etag() });

function make(name, query) {
  const incarnation = query.get("incarnation") ?? "";
  if (!/^[0-9a-f]{32}$/.test(incarnation)) refuse(400, "incarnation is 32 hex digits");
  const filling = query.get("fill") === "true";
  const there = find(name);
  if (there && fault !== "made-again") {
    if (there.filling && !filling) refuse(409, "it is being filled", { fault: "half_filled" });
    if (filling && !there.filling) {
      if (there.last > 0 && there.incarnation !== incarnation) refuse(422, "it is not empty: name an empty one");
      there.write("F", Buffer.from("1"));
      if (there.last === 0) there.write("I", Buffer.from(incarnation));
    }
    return ok(there);
  }
  if (fault === "made-again") fs.rmSync(fileOf(name), { force: true });
  const journal = new Journal(fileOf(name));
  if (filling) journal.write("F", Buffer.from("1"));
  journal.write("I", Buffer.from(incarnation));
  const held = fs.openSync(folder, "r"); // the file's name must be durable too
  fs.fsyncSync(held);
  fs.closeSync(held);
  journals.set(name, journal);
  return ok(journal, 201);
}

async function append(journal, request, body) {
  const match = request.headers["if-match"];
  if (!match && fault !== "match-not-needed") refuse(428, "an append needs If-Match");
  const entries = entriesIn(body);
  if (match && match !== journal.etag() && !["stale-accepted", "both-taken"].includes(fault)) return ok(journal, 412);
  if (entries.length === 0) refuse(422, "an append holds no entry");
  const sum = entries.reduce((all, each) => all + each.octets.length, 0);
  const large = entries.length > entriesMax || sum > entryMax;
  if (large && fault !== "no-limits") refuse(413, "an append is at most 64 entries and 1,000,000 octets");
  let next = journal.last;
  for (const each of entries) if (each.revision !== ++next && !["gaps", "both-taken"].includes(fault)) refuse(422, "the revisions do not follow");
  if (fault === "splits-batches") for (const each of entries) {
    journal.write("E", body.subarray(each.at - 44, each.at + each.octets.length));
    await new Promise(setImmediate);
  }
  else if (fault === "text-only") journal.write("E", Buffer.from(body.toString("ascii"), "latin1"));
  else if (fault !== "forgets") journal.write("E", body);
  if (fault !== "never-wakes") journal.grew();
  return ok(journal);
}

function read(journal, query) {
  const after = number(query.get("after"), 0);
  const limit = number(query.get("limit"), 100), most = number(query.get("bytes"), 1 << 20);
  if (after + 1 < journal.first && fault !== "gone-is-empty") return ok(journal, 410);
  const frames = [];
  let octets = 0;
  for (let at = after + (fault === "skips-one" ? 2 : 1); at <= journal.last; ++at) {
    const entry = journal.entries.get(at);
    if (!entry) break;
    octets += entry.size;
    if (frames.length > 0 && fault !== "limit-ignored" && (frames.length >= limit || octets > most)) break;
    const head = Buffer.alloc(12);
    head.writeBigUInt64BE(BigInt(at));
    head.writeUInt32BE(entry.size, 8);
    frames.push(Buffer.concat([head, entry.digest, journal.octets(entry)]));
  }
  return new Answer(200, Buffer.concat(frames), { etag: journal.etag() });
}

function wait(journal, query, response) {
  const after = number(query.get("after"), 0);
  const ms = Math.min(number(query.get("wait_ms"), 0), waitMax);
  if (ms === 0 || journal.last > after || fault === "wakes-early") return ok(journal);
  return new Promise((done) => {
    const each = { after };
    each.answer = () => {
      clearTimeout(each.timer);
      journal.waiting.delete(each);
      done(ok(journal));
    };
    each.timer = setTimeout(each.answer, ms);
    response.on("close", each.answer);
    journal.waiting.add(each);
  });
}

function putSnapshot(journal, revision, query, body) {
  const digest = Buffer.from(query.get("digest") ?? "", "hex");
  const upload = query.get("upload") ?? "";
  if (digest.length !== 32 || upload === "") refuse(400, "a snapshot has digest and upload");
  const parts = partsIn(body);
  if (parts.some((each) => each.octets.length > partMax)) refuse(413, "a part is at most 1 MiB");
  if (journal.last > 0 && fault !== "any-snapshot") {
    if (revision + 1 < journal.first) return ok(journal, 410);
    if (!journal.digestAt(revision)?.equals(digest)) refuse(422, "the journal has another digest there");
  }
  if (fault === "no-snapshots") return new Answer(200);
  const name = `${revision} ${query.get("digest")} ${upload}`;
  const kept = journal.uploads.get(name) ?? { count: 0, octets: [] };
  if (kept.count !== number(query.get("from"), 0) && fault !== "parts-in-any-order") refuse(409, "the parts before these are not here");
  kept.count += parts.length;
  kept.octets.push(body);
  journal.uploads.set(name, kept);
  if (query.get("last") !== "true" && fault !== "torn-is-visible") return new Answer(202);
  journal.uploads.delete(name);
  if (fault === "one-snapshot") journal.snapshots.clear();
  journal.write("S", big(revision), digest, ...kept.octets);
  return new Answer(200);
}

function getSnapshot(journal, query) {
  const revision = journal.newest(number(query.get("at_most"), Number.MAX_SAFE_INTEGER));
  if (revision === 0) return new Answer(204);
  const { digest, parts } = journal.snapshots.get(revision);
  const frames = [];
  let at = number(query.get("from"), 0);
  for (let octets = 0; at < parts.length && (octets === 0 || octets + parts[at].size <= 4 << 20); ++at) {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(parts[at].size);
    octets += 4 + parts[at].size;
    frames.push(head, journal.octets(parts[at]));
  }
  return new Answer(200, Buffer.concat(frames), { "millrace-revision": revision,
    "millrace-digest": digest.toString("hex"), "millrace-more": String(at < parts.length) });
}

function compact(journal, query) {
  const upTo = number(query.get("up_to"), -1);
  if (upTo < 0) refuse(400, "say up_to");
  const to = fault === "compacts-to-anywhere" ? upTo : journal.newest(upTo);
  if (upTo >= journal.first && fault === "compact-drops-all") journal.entries.clear();
  if (to === 0 && upTo >= journal.first) refuse(422, "there is no snapshot to compact to");
  if (to < journal.first) return ok(journal);
  if (fault === "compacts-to-anywhere" && !journal.snapshots.has(to)) journal.snapshots.set(to, { digest: journal.digestAt(to) ?? zero, parts: [] });
  journal.write("C", big(to));
  return ok(journal);
}

function filled(journal) {
  if (journal.filling && fault !== "mark-stays") journal.write("F", Buffer.from("0"));
  return ok(journal);
}

function route(request, url, body, response) {
  const [, name, rest = ""] = /^\/v1\/workspaces\/([A-Za-z0-9][\w.-]{0,127})(\/.*)?$/.exec(url.pathname) ?? refuse(404, "no such resource");
  const is = (method, below) => request.method === method && rest === below;
  if (is("DELETE", "")) {
    journals.delete(name);
    fs.rmSync(fileOf(name), { force: true });
    return new Answer(200);
  }
  const shared = fault === "workspaces-are-one" ? "one" : name;
  if (is("PUT", "/journal")) return make(shared, url.searchParams);
  const journal = find(shared) ?? refuse(404, "there is no journal");
  if (journal.filling && url.searchParams.get("fill") !== "true" && fault !== "filled-for-all") refuse(409, "it is being filled", { fault: "half_filled" });
  if (is("POST", "/journal/filled")) return filled(journal);
  if (is("GET", "/journal")) return wait(journal, url.searchParams, response);
  if (is("POST", "/journal/entries")) return append(journal, request, body);
  if (is("GET", "/journal/entries")) return read(journal, url.searchParams);
  if (is("GET", "/journal/snapshots")) return getSnapshot(journal, url.searchParams);
  if (is("POST", "/journal/compact")) return compact(journal, url.searchParams);
  const snapshot = /^\/journal\/snapshots\/([1-9]\d*)$/.exec(rest);
  if (snapshot && request.method === "PUT") return putSnapshot(journal, Number(snapshot[1]), url.searchParams, body);
  return refuse(/^\/journal(\/(entries|snapshots|compact|filled))?$/.test(rest) ? 405 : 404, "no such resource or method");
}

const server = createServer(async (request, response) => {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) if ((size += chunk.length) <= bodyMax) chunks.push(chunk);
  let answer;
  try {
    if (size > bodyMax) refuse(413, "the body is too large");
    answer = await route(request, new URL(request.url, "http://x"), Buffer.concat(chunks), response);
  } catch (error) {
    answer = error instanceof Answer ? error : new Answer(503, JSON.stringify({ detail: String(error) }));
  }
  response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
  response.end(answer.body);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`listening ${server.address().port}`));
