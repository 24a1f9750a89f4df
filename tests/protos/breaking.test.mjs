// What was released of protos/ is frozen: released.binpb holds the messages as they were when it was
// last written, and everything in it must still be there, under the same number, name and type. Adding
// is free. After a release, `node tests/protos/freeze.mjs` freezes what came with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const protos = join(here, "..", "..", "protos");
const frozen = join(here, "released.binpb");

function buf(...args) {
  const ran = spawnSync(join(here, "node_modules", ".bin", "buf"), args, { encoding: "utf8", timeout: 60_000 });
  assert.equal(ran.error, undefined);
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

function breaking(folder) {
  return buf("breaking", folder, "--against", frozen, "--config", join(here, "buf.yaml"));
}

// The protos with each file's text changed.
function changed(change) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-protos-"));
  cpSync(protos, folder, { recursive: true });
  for (const file of readdirSync(join(folder, "v2alpha1"))) {
    const path = join(folder, "v2alpha1", file);
    writeFileSync(path, change(readFileSync(path, "utf8"), file));
  }
  try {
    return breaking(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function changedLine(file, from, to) {
  return changed((text, name) => {
    if (name !== file) return text;
    assert.ok(text.includes(from), `${file} has the line that this test changes`);
    return text.replace(from, to);
  });
}

// Every field that is frozen, as {message, name}.
function frozenFields() {
  const { status, said } = buf("build", frozen, "-o", "-#format=json");
  assert.equal(status, 0, said);
  const fields = [];
  const walk = (message, prefix) => {
    for (const field of message.field ?? []) fields.push({ message: prefix + message.name, name: field.name });
    for (const inner of (message.nestedType ?? []).filter((each) => !each.options?.mapEntry)) walk(inner, `${prefix}${message.name}.`);
  };
  for (const file of JSON.parse(said).file)
    if (file.name.startsWith("v2alpha1/")) for (const message of file.messageType ?? []) walk(message, "");
  return fields;
}

test("G9: nothing that was released of the protos is gone or changed", () => {
  const { status, said } = breaking(protos);
  assert.equal(status, 0, said);
});

// A message that is written to a disk is frozen before the first disk holds it.
test("G9: what journals of all kinds and their snapshots hold is frozen", () => {
  const messages = new Set(frozenFields().map((field) => field.message));
  for (const kind of [
    "Commit", "CommitHeader", "ChangesetCreated", "EndpointRegistered", "RequestRemembered", "FeatureLevelRaised",
    "ConfigSet", "ConfigUnset", "ConfigValue", "SecretSet", "SecretUnset", "SecretValue", "SecretRewrapped",
    "TokenCreated", "TokenRevoked", "AccessToken", "RolesSet", "RolesUnset", "RoleBinding", "AccessGrant",
    "SnapshotHeader", "SnapshotEntry", "RememberedRequest", "SupersededBuild",
    "WorkspaceLockInfo", "WorkspaceLocked", "WorkspaceLockRenewed", "WorkspaceLockReleased", "WorkspaceLockLapsed",
    "WorkspacePartStored", "WorkspaceWritten", "WorkspaceRemoved", "WorkspaceEvent", "WorkspaceLock", "WorkspacePart",
    "WorkspaceVersion", "WorkspaceUpload", "WorkspaceAuditLine", "WorkspaceSnapshot",
    "WorkspaceNameEntered", "WorkspaceNameDropped", "CatalogueEvent", "CatalogueName", "CatalogueSnapshot",
  ])
    assert.ok(messages.has(kind), `${kind} is not frozen: node tests/protos/freeze.mjs`);
});

test("a field that changes its number, its type or goes is caught", () => {
  for (const [from, to] of [
    ["uint64 revision = 3;", "uint64 revision = 33;"],
    ["uint64 revision = 3;", "string revision = 3;"],
    ["  int64 time_ms = 4;", "  //"],
  ]) {
    const { status, said } = changedLine("journal.proto", from, to);
    assert.equal(status, 100, said);
    assert.match(said, /journal\.proto/);
  }
});

test("of all fields that are frozen none can change its number", () => {
  const number = /^(\s+(?:[^/\n]*\{)?\s*(?:repeated |optional )?(?:map<[^>]+>|[\w.]+) \w+ = )(\d+)([;\s])/gm;
  const { status, said } = changed((text) => text.replace(number, (_, before, n, after) => `${before}${+n + 1000}${after}`));
  assert.equal(status, 100, said);
  for (const { message, name } of frozenFields()) {
    const gone = said.includes(`with name "${name}" on message "${message}" was deleted`);
    assert.ok(gone, `${message}.${name} could be given another number`);
  }
});

test("a field of config, secrets, roles, tokens, workspaces or their catalogue that goes is caught", () => {
  const goes = [
    ["ConfigSet", "value"], ["ConfigValue", "json"], ["SecretSet", "secret"], ["SecretValue", "wrapped_key"],
    ["SecretRewrapped", "key_id"], ["RolesSet", "grant"], ["RoleBinding", "modules"], ["TokenCreated", "token"],
    ["AccessToken", "hash"], ["WorkspaceWritten", "sha256"], ["WorkspaceLocked", "ttl_ms"],
    ["WorkspaceVersion", "parts"], ["WorkspaceSnapshot", "versions"], ["WorkspaceNameDropped", "id"],
    ["CatalogueName", "entered_ms"], ["CatalogueSnapshot", "names"],
  ];
  const { status, said } = changed((text) => {
    for (const [message, name] of goes)
      text = text.replace(new RegExp(`(\\nmessage ${message} \\{(?:\\n[^}]*)?\\n)[^\\n]* ${name} = \\d+;[^\\n]*\\n`), "$1");
    return text;
  });
  assert.equal(status, 100, said);
  for (const [message, name] of goes)
    assert.ok(said.includes(`with name "${name}" on message "${message}" was deleted`), `${message}.${name} could go\n${said}`);
});

test("a field that is added is no break", () => {
  const { status, said } = changedLine("journal.proto", "uint64 revision = 3;", "uint64 revision = 3; bool extra = 9999;");
  assert.equal(status, 0, said);
});

test("what is frozen cannot be frozen away", () => {
  const before = readFileSync(frozen);
  const folder = mkdtempSync(join(tmpdir(), "millrace-freeze-"));
  try {
    cpSync(protos, join(folder, "protos"), { recursive: true });
    const filter = (path) => !path.endsWith("node_modules");
    cpSync(here, join(folder, "tests/protos"), { recursive: true, filter });
    symlinkSync(join(here, "node_modules"), join(folder, "tests/protos/node_modules"));
    const path = join(folder, "protos/v2alpha1/journal.proto");
    writeFileSync(path, readFileSync(path, "utf8").replace("  ConfigValue value = 1;\n", ""));
    const ran = spawnSync(process.execPath, [join(folder, "tests/protos/freeze.mjs")], { encoding: "utf8", timeout: 60_000 });
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /stays as it is[^]*"value" on message "ConfigSet" was deleted/);
    assert.deepEqual(readFileSync(join(folder, "tests/protos/released.binpb")), before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
