// `schema check --watch` as a terminal has it: it waits for the file system, so does the test for it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

async function watching(work) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-watch-"));
  const file = join(folder, "here", "m.schema");
  mkdirSync(join(folder, "here"));
  writeFileSync(file, "module m {\n}\n");
  const child = spawn(process.env.MILLRACE, ["schema", "check", file, "--watch"]);
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  let said = "";
  let wake = () => {};
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part) => ((said += part), wake()));
  const until = async (pattern) => {
    while (!pattern.test(said)) await Promise.race([new Promise((done) => (wake = done)), ended.then(() => assert.fail(said))]);
    const all = said;
    said = "";
    return all;
  };
  try {
    await until(/1 module, no faults/);
    await work({ folder, file, until, child, ended });
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a change of a file is checked again, whether written or put in its place, until Ctrl-C", () =>
  watching(async ({ folder, file, until, child, ended }) => {
    writeFileSync(file, "module m {\n  data D { a Nope }\n}\n");
    await until(/--- changed[^]*m\.schema:2:\d+: error\[unknown-ref\]/);
    writeFileSync(join(folder, "new"), "module m {\n}\n");
    renameSync(join(folder, "new"), file);
    await until(/1 module, no faults/);
    // Another file is none of its business; checking by hand gives it the time to think otherwise.
    writeFileSync(join(folder, "here", "other.schema"), "module other {\n}\n");
    for (let i = 0; i < 5; ++i) spawnSync(process.env.MILLRACE, ["schema", "check", file]);
    writeFileSync(file, "module m {\n  data D { a Nil }\n}\n");
    assert.equal((await until(/error\[unknown-ref\]/)).split("--- changed").length, 2, "checked once");
    rmSync(file);
    await until(/No such file/);
    writeFileSync(file, "module m {\n  nonsense\n}\n");
    await until(/error\[syntax\]/);
    child.kill("SIGINT");
    assert.equal(await ended, 1, "the last check's answer");
  }));

test("a folder that goes and comes back, a link and what it leads to are seen", () =>
  watching(async ({ folder, file, until }) => {
    const here = join(folder, "here");
    rmSync(here, { recursive: true });
    await until(/No such file/);
    mkdirSync(here);
    writeFileSync(file, "module m {\n  nonsense\n}\n");
    await until(/error\[syntax\]/);
    renameSync(here, join(folder, "away"));
    await until(/No such file/);
    renameSync(join(folder, "away"), here);
    await until(/error\[syntax\]/);
    rmSync(file);
    await until(/No such file/);
    mkdirSync(join(folder, "there"));
    writeFileSync(join(folder, "there", "real"), "module m {\n}\n");
    symlinkSync(join(folder, "there", "real"), file);
    await until(/1 module, no faults/);
    writeFileSync(join(folder, "there", "real"), "module m {\n  nonsense\n}\n");
    await until(/error\[syntax\]/);
  }));
