// Speaks the state protocol with Node's fetch: node fetch_client.mjs http://HOST:PORT/v1
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const root = process.argv[2];
const state = `${root}/workspaces/node/state`;

async function expect(status, method, url, body, headers = {}) {
  const answer = await fetch(url, { method, body, headers, signal: AbortSignal.timeout(60_000) });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${url}: ${text}`);
  return { text, headers: answer.headers };
}
const md5 = (text) => createHash("md5").update(text).digest("base64");
const lock = (id) => JSON.stringify({ ID: id, Who: "node", Created: new Date().toISOString() });

await expect(404, "GET", state);
await expect(200, "LOCK", state, lock("one"));
const held = JSON.parse((await expect(423, "LOCK", state, lock("two"))).text);
assert.equal(held.ID, "one");
assert.ok(!Number.isNaN(Date.parse(held.Created)));
const body = JSON.stringify({ serial: 1, filler: "x".repeat(5_000) });
await expect(409, "POST", `${state}?ID=two`, body);
const put = await expect(200, "POST", `${state}?ID=one`, body, { "Content-MD5": md5(body) });
await expect(200, "UNLOCK", state, lock("one"));
const got = await expect(200, "GET", state);
assert.equal(got.text, body); // fetch asked for gzip and unpacked it
assert.equal(got.headers.get("etag"), put.headers.get("etag"));
await expect(304, "GET", state, undefined, { "If-None-Match": got.headers.get("etag") });
await expect(200, "PUT", state, "two", { "If-Match": got.headers.get("etag") });
await expect(412, "PUT", state, "three", { "If-Match": got.headers.get("etag") });
const all = JSON.parse((await expect(200, "GET", `${root}/workspaces/node/versions`)).text);
assert.deepEqual(all.versions.map((each) => each.version), [1, 2]);
await expect(200, "POST", `${root}/workspaces/node/versions/1/restore`);
assert.equal((await expect(200, "GET", state)).text, body);
await expect(409, "DELETE", `${root}/workspaces/node`);
await expect(200, "DELETE", `${root}/workspaces/node?force=true`);
await expect(404, "GET", state);
console.log("all as expected");
