// What was released of protos/ is frozen: released.binpb holds the messages of the first release, and
// everything in it must still be there, under the same number, name and type. Adding is free. After a
// release, `buf build protos -o tests/protos/released.binpb` freezes what came with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const protos = join(here, "..", "..", "protos");

function breaking(folder) {
  const args = ["breaking", folder, "--against", join(here, "released.binpb"), "--config", join(here, "buf.yaml")];
  const ran = spawnSync(join(here, "node_modules", ".bin", "buf"), args, { encoding: "utf8", timeout: 60_000 });
  assert.equal(ran.error, undefined);
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

// The protos with one change in one file.
function changed(file, from, to) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-protos-"));
  cpSync(protos, folder, { recursive: true });
  const path = join(folder, "v2alpha1", file);
  const before = readFileSync(path, "utf8");
  assert.ok(before.includes(from), `${file} has the line that this test changes`);
  writeFileSync(path, before.replace(from, to));
  try {
    return breaking(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("G9: nothing that was released of the protos is gone or changed", () => {
  const { status, said } = breaking(protos);
  assert.equal(status, 0, said);
});

test("a field that changes its number, its type or goes is caught", () => {
  for (const [from, to] of [
    ["uint64 revision = 3;", "uint64 revision = 33;"],
    ["uint64 revision = 3;", "string revision = 3;"],
    ["  int64 time_ms = 4;", "  //"],
  ]) {
    const { status, said } = changed("journal.proto", from, to);
    assert.equal(status, 100, said);
    assert.match(said, /journal\.proto/);
  }
});

test("a field that is added is no break", () => {
  const { status, said } = changed("journal.proto", "uint64 revision = 3;", "uint64 revision = 3; bool extra = 9999;");
  assert.equal(status, 0, said);
});
