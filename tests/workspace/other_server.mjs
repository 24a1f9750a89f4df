// A server of the state protocol that shares no line with Millrace's: written from docs/http-state.md, in
// memory, as an example for people who write their own and as the proof that `millrace state
// conformance` can fail. node other_server.mjs [FAULT]; it says `listening PORT`. With a FAULT it breaks
// one rule, so that the case for that rule goes red.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const fault = process.argv[2] ?? "";
const bodyOctetsMax = 64 << 20;
const ttlSecondsMax = 604_800;
const workspaces = new Map();
let ids = 0;

class Refusal extends Error {
  constructor(status, detail, body) {
    super(detail);
    this.status = status;
    this.body = body;
  }
}
const refuse = (status, detail) => {
  throw new Refusal(status, detail);
};

// A workspace counts as empty until its first LOCK or write.
function find(name) {
  return workspaces.get(name) ?? { name, id: 0, lock: null, versions: [], audit: [] };
}
function enter(name) {
  if (!workspaces.has(name)) workspaces.set(name, { ...find(name), id: ++ids });
  return workspaces.get(name);
}
const newest = (space) => {
  const last = space.versions.at(-1);
  return last && !last.removed ? last : null;
};
const etag = (space, version) =>
  fault === "etag-of-content"
    ? `"${createHash("md5").update(version.body).digest("hex")}"`
    : `"${space.id}-${version.number}"`;

// The lock that counts: one whose time is over does not, once somebody else asks.
function held(space, id) {
  const lock = space.lock;
  if (!lock) return null;
  const over = lock.ttl > 0 && performance.now() - lock.since >= lock.ttl * 1000;
  return over && lock.info.ID !== id && fault !== "never-expires" ? null : lock;
}

function judgeLock(space, id) {
  if (fault === "lock-not-looked-at") return;
  const lock = held(space, id);
  if (lock && lock.info.ID === id) return;
  if (!lock && !id) {
    space.lock = null;
    return;
  }
  if (!lock && fault === "lost-id-accepted") return;
  if (!lock) refuse(409, `the lock '${id}' is not held any more`);
  if (!id) throw new Refusal(423, "locked", lock.info);
  if (fault !== "wrong-id-writes") refuse(409, `the lock '${id}' is not held`);
}

function judgeMatch(space, headers) {
  if (fault === "etags-ignored") return;
  const now = newest(space);
  const tags = (text) => text.split(",").map((each) => each.trim().replace(/^W\//, ""));
  const match = headers["if-match"];
  const stale = match === "*" ? !now : match && !(now && tags(match).includes(etag(space, now)));
  if (stale) refuse(412, "If-Match is not met");
  if (headers["if-none-match"] === "*" && now) refuse(412, "there is a state");
}

function lockInfo(body) {
  let info;
  try {
    info = JSON.parse(body);
  } catch {
    refuse(400, "the LockInfo is no JSON");
  }
  if (info === null || typeof info !== "object" || Array.isArray(info))
    refuse(400, "the LockInfo is no object");
  if (typeof info.ID !== "string" || !info.ID) refuse(400, "the LockInfo has no ID");
  return info;
}

function take(name, body, query, headers) {
  if (fault !== "lock-checksum-ignored") checkMd5(headers, body);
  const info = lockInfo(body);
  const ttl = query.get("ttl");
  if (ttl !== null && !(/^[1-9][0-9]*$/.test(ttl) && Number(ttl) <= ttlSecondsMax))
    refuse(400, "ttl is a number of seconds");
  const space = enter(name);
  const lock = held(space, info.ID);
  if (lock && lock.info.ID !== info.ID && fault !== "lock-always-granted")
    throw new Refusal(423, "locked", fault === "holder-not-told" ? {} : lock.info);
  if (lock && fault === "lock-not-repeatable") throw new Refusal(423, "locked", lock.info);
  const again = lock && lock.info.ID === info.ID;
  const renewed = fault === "not-renewed" && again ? lock.ttl : Number(ttl ?? (again ? lock.ttl : 0));
  const since = fault === "not-renewed" && again ? lock.since : performance.now();
  space.lock = { info: again ? lock.info : info, ttl: renewed, since };
  return [200, JSON.stringify(space.lock.info)];
}

function release(name, body, headers) {
  checkMd5(headers, body);
  const info = body.length ? lockInfo(body) : null;
  const space = find(name);
  if (!space.lock) return [fault === "unlock-not-repeatable" ? 409 : 200, ""];
  if (info && info.ID !== space.lock.info.ID && fault !== "any-id-unlocks")
    refuse(409, `the lock '${info.ID}' is not held`);
  const forced = !info || Object.keys(info).every((key) => key === "ID" || !info[key]);
  const action = forced && fault !== "force-not-recorded" ? "force-unlock" : "unlock";
  space.audit.push({ action, detail: space.lock.info.ID });
  space.lock = null;
  return [200, ""];
}

function add(space, version) {
  space.versions.push({ number: space.versions.length + 1, ...version });
  const last = space.versions.at(-1);
  return [200, JSON.stringify({ version: last.number }), last.removed ? {} : { etag: etag(space, last) }];
}

function checkMd5(headers, body) {
  const md5 = headers["content-md5"];
  if (md5 && createHash("md5").update(body).digest("base64") !== md5)
    refuse(400, "the body's MD5 is another");
}

function put(name, request, body) {
  if (fault !== "checksum-ignored") checkMd5(request.headers, body);
  if (request.headers["content-encoding"] === "gzip" && fault !== "gzip-kept") {
    try {
      body = gunzipSync(body, { maxOutputLength: bodyOctetsMax });
    } catch {
      refuse(400, "the body is no gzip");
    }
  }
  if (!body.length) refuse(400, "there is no body");
  if (fault === "text-only") body = Buffer.from(body.toString());
  if (fault === "cut-at-1-mib") body = body.subarray(0, 1 << 20);
  const needed = request.headers["if-match"] || (request.query.get("ID") && fault !== "made-for-a-lost-id");
  const space = needed ? find(name) : enter(name);
  judgeLock(space, request.query.get("ID"));
  const now = newest(space);
  if (now && now.body.equals(body) && fault !== "repeated-write-is-new")
    return [200, JSON.stringify({ version: now.number }), { etag: etag(space, now) }];
  judgeMatch(space, request.headers);
  return add(space, { body });
}

function removeState(name, request) {
  const space = find(name);
  judgeLock(space, request.query.get("ID"));
  if (!newest(space)) return [200, ""];
  judgeMatch(space, request.headers);
  if (fault === "delete-forgets-versions") space.versions = [];
  else add(space, { removed: true, body: Buffer.alloc(0) });
  return [200, ""];
}

function get(space, version, request) {
  if (!version || version.removed) refuse(404, "there is no state");
  const headers = { etag: etag(space, version), "content-type": "application/octet-stream" };
  if (request.headers["if-none-match"] === headers.etag && fault !== "etags-ignored")
    return [304, "", headers];
  return [200, version.body, headers];
}

function restore(space, number, request) {
  judgeLock(space, request.query.get("ID"));
  const old = space.versions.find((each) => each.number === number);
  if (!old || old.removed) refuse(404, "no such version");
  judgeMatch(space, request.headers);
  return add(space, { body: old.body });
}

function removeWorkspace(name, request) {
  if (name === "default" && fault !== "default-deleted") refuse(409, "the default stays");
  const space = workspaces.get(name);
  if (!space && name !== "default") refuse(404, "no such workspace");
  const force = request.query.get("force") === "true" || fault === "force-not-needed";
  if (space && !force && (space.lock || newest(space))) refuse(409, "it is not empty: force");
  if (fault === "deletion-keeps-versions") return [200, ""];
  workspaces.delete(name);
  return [200, ""];
}

const locksOf = (spaces) => ({
  locks: spaces.filter((each) => each.lock).map((each) => ({ workspace: each.name, lock: each.lock.info })),
});

// What is below /v1/workspaces/NAME.
function answer(name, rest, request, body) {
  const reads = request.method === "GET" || request.method === "HEAD";
  const writes = request.method === "POST" || request.method === "PUT";
  const space = find(name);
  if (rest === "state" || rest === "lock") {
    if (request.method === "LOCK" || (rest === "lock" && writes)) return take(name, body, request.query, request.headers);
    if (request.method === "UNLOCK" || (rest === "lock" && request.method === "DELETE"))
      return release(name, body, request.headers);
    if (rest === "state" && reads) return get(space, newest(space), request);
    if (rest === "state" && writes) return put(name, request, body);
    if (rest === "state" && request.method === "DELETE") return removeState(name, request);
  }
  if (rest === "" && request.method === "DELETE") return removeWorkspace(name, request);
  const version = /^versions\/([1-9][0-9]*)(\/restore)?$/.exec(rest);
  if (version?.[2] && request.method === "POST") return restore(space, Number(version[1]), request);
  if (!reads) refuse(405, "no such method");
  if (version && !version[2])
    return get(space, space.versions.find((each) => each.number === Number(version[1])), request);
  if (!space.id) refuse(404, "no such workspace");
  if (rest === "") return [200, JSON.stringify({ name })];
  if (rest === "versions")
    return [200, JSON.stringify({ versions: space.versions.map((each) => ({ version: each.number })) })];
  if (rest === "audit") return [200, JSON.stringify({ audit: space.audit })];
  if (rest === "locks") return [200, JSON.stringify(locksOf([space]))];
  return refuse(404, "no such resource");
}

function route(request, body) {
  const [path, query] = request.url.split("?");
  request.query = new URLSearchParams(query ?? "");
  const all = [...workspaces.values()];
  if (path === "/v1/workspaces")
    return [200, JSON.stringify({ workspaces: all.map(({ name, id }) => ({ name, id })) })];
  if (path === "/v1/locks") return [200, JSON.stringify(locksOf(all))];
  if (path === "/v1/state" || path === "/v1/lock")
    return answer("default", path.slice(4), request, body);
  const parts = /^\/v1\/workspaces\/([^/]*)(?:\/(.+))?$/.exec(path);
  if (!parts) refuse(404, "no such resource");
  let name = parts[1];
  if (fault === "workspaces-are-one") name = "one";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && fault !== "any-name")
    refuse(400, "a workspace cannot have that name");
  return answer(name, parts[2] ?? "", request, body);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let made;
    try {
      made = route(request, Buffer.concat(chunks));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      made = [error.status, JSON.stringify(error.body ?? { status: error.status, detail: error.message })];
    }
    response.writeHead(made[0], made[2] ?? {});
    response.end(request.method === "HEAD" ? undefined : made[1]);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port} `));
process.on("SIGTERM", () => process.exit(0));
