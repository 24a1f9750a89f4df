// `millrace schema lsp` over its protocol, with the client library that VS Code has.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import rpc from "vscode-jsonrpc/node.js";

const root = mkdtempSync(join(tmpdir(), "millrace-lsp-"));
after(() => rmSync(root, { recursive: true, force: true }));

const time = `module time {
  export data TimeRequest {
  }

  // What the clock says.
  // 😀 In UTC.
  export data TimeResponse {
    time Time
  }

  data Inner {
  }

  export verb now(time.TimeRequest) time.TimeResponse
}
`;
const echo = `module echo {
  config greeting String

  topic said String

  data Item<T> {
    of T
  }

  // 😀
  export verb echo(builtin.Empty) time.TimeResponse
    +calls time.now
    +config echo.greeting
    +publish echo.said
}
`;
mkdirSync(join(root, "a/time"), { recursive: true });
mkdirSync(join(root, "a/echo"));
mkdirSync(join(root, "b"));
const uriOf = (name) => pathToFileURL(join(root, name)).href;
writeFileSync(join(root, "a/time/time.schema"), time);
writeFileSync(join(root, "a/echo/echo.schema"), echo);
writeFileSync(join(root, "b/time.schema"), "module time {\n}\n"); // of another system: further away
// A system of its own, with modules of the same names.
const otherTime = "module time {\n  export data TimeResponse {\n    zone String\n  }\n}\n";
const otherUser = "module user {\n  data Shown {\n    at time.TimeResponse\n    by time.TimeRequest?\n  }\n}\n";
mkdirSync(join(root, "c"));
writeFileSync(join(root, "c/time.schema"), otherTime);
writeFileSync(join(root, "c/user.schema"), otherUser);
for (const folder of ["a/.git", "a/node_modules"]) {
  mkdirSync(join(root, folder));
  writeFileSync(join(root, folder, "passed.schema"), "module passedOver {\n}\n");
}
const echoUri = uriOf("a/echo/echo.schema");
const timeUri = uriOf("a/time/time.schema");

function start() {
  const child = spawn(process.env.MILLRACE, ["schema", "lsp"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, XDG_CACHE_HOME: join(root, "cache") },
  });
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  return { child, ended };
}

class Editor {
  constructor() {
    Object.assign(this, start());
    this.connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(this.child.stdout), new rpc.StreamMessageWriter(this.child.stdin));
    this.waiting = [];
    this.published = [];
    this.connection.onNotification("textDocument/publishDiagnostics", (params) => {
      const next = this.waiting.findIndex(({ uri }) => uri === params.uri);
      if (next >= 0) this.waiting.splice(next, 1)[0].done(params);
      else this.published.push(params);
    });
    this.connection.listen();
  }
  ask = (method, params) => this.connection.sendRequest(method, params);
  tell = (method, params) => this.connection.sendNotification(method, params);
  diagnostics(uri) {
    const next = this.published.findIndex((each) => each.uri === uri);
    if (next >= 0) return Promise.resolve(this.published.splice(next, 1)[0]);
    return new Promise((done) => this.waiting.push({ uri, done }));
  }
  async ready() {
    const answer = await this.ask("initialize", { processId: null, rootUri: uriOf("."), capabilities: {} });
    await this.tell("initialized", {});
    return answer;
  }
  open(uri, text) {
    this.tell("textDocument/didOpen", { textDocument: { uri, languageId: "millrace", version: 1, text } });
    return this.diagnostics(uri);
  }
  change(uri, version, ...contentChanges) {
    this.tell("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
    return this.diagnostics(uri);
  }
  async end() {
    await this.ask("shutdown");
    await this.tell("exit");
    const code = await this.ended;
    this.connection.dispose();
    return code;
  }
}

// The position of `what` in a text, a few units further on.
function at(text, what, further = 0) {
  const before = text.slice(0, text.indexOf(what) + further).split("\n");
  return { line: before.length - 1, character: before.at(-1).length };
}
const on = (uri, position) => ({ textDocument: { uri }, position });
const taken = (text, { start, end }) => {
  assert.equal(start.line, end.line);
  return text.split("\n")[start.line].slice(start.character, end.character);
};

test("diagnostics come on open and change, with the range of the word, in UTF-16", async () => {
  const editor = new Editor();
  const { capabilities } = await editor.ready();
  assert.equal(capabilities.positionEncoding, "utf-16");
  assert.deepEqual((await editor.open(echoUri, echo)).diagnostics, []);
  const calls = at(echo, "time.now", 5);
  const broken = await editor.change(echoUri, 2, {
    range: { start: calls, end: { ...calls, character: calls.character + 3 } }, text: "noon" });
  assert.equal(broken.version, 2);
  assert.equal(broken.diagnostics.length, 1);
  assert.equal(broken.diagnostics[0].code, "unknown-ref");
  assert.equal(broken.diagnostics[0].range.start.line, calls.line);
  const mended = await editor.change(echoUri, 2, {
    range: { start: calls, end: { ...calls, character: calls.character + 4 } }, text: "now" });
  assert.deepEqual(mended.diagnostics, []);
  const odd = "module m {\n  config a String // 😀😀\n  data D { /**/\n}\n";
  const syntax = await editor.change(echoUri, 3, { text: odd });
  assert.equal(syntax.diagnostics[0].code, "syntax");
  assert.equal(taken(odd, syntax.diagnostics[0].range), "/");
  // The emoji are two units each.
  const wide = 'module m {\n  enum E: String { A = "😀" B = 1 }\n}\n';
  const [fault] = (await editor.change(echoUri, 4, { text: wide })).diagnostics;
  assert.equal(fault.code, "enum-value");
  assert.equal(taken(wide, fault.range), "B");
  assert.deepEqual((await editor.change(echoUri, 5, { text: echo })).diagnostics, []);
  assert.equal(await editor.end(), 0);
});

test("what nothing carries out is a warning, beside errors and in a text that does not parse", async () => {
  const editor = new Editor();
  await editor.ready();
  const cron = "module m {\n  verb v(Unit) Unit\n    +cron 5m\n";
  const told = ({ diagnostics }) => diagnostics.map((each) => [each.severity, each.code, each.range.start.line]);
  assert.deepEqual(told(await editor.open(echoUri, `${cron}}\n`)), [[2, "not-executed", 2]]);
  const wrong = `${cron}  verb w(Nope) Unit\n}\n`;
  assert.deepEqual(told(await editor.change(echoUri, 2, { text: wrong })), [[2, "not-executed", 2], [1, "unknown-ref", 3]]);
  const half = `${cron}  verb w(\n}\n`;
  assert.deepEqual(told(await editor.change(echoUri, 3, { text: half })).map((each) => each.slice(0, 2)),
    [[2, "not-executed"], [1, "syntax"]]);
  await editor.end();
});

test("hover and definition cross files, nearest first, and lead into builtin", async () => {
  const editor = new Editor();
  await editor.ready();
  await editor.open(echoUri, echo);
  const shown = await editor.ask("textDocument/hover", on(echoUri, at(echo, "TimeResponse", 3)));
  assert.match(shown.contents.value, /export data TimeResponse \{\n {2}time Time\n\}/);
  assert.match(shown.contents.value, /What the clock says\.\n😀 In UTC\./);
  assert.equal(taken(echo, shown.range), "TimeResponse");
  const there = await editor.ask("textDocument/definition", on(echoUri, at(echo, "time.now", 6)));
  assert.equal(there.uri, timeUri);
  assert.equal(taken(time, there.range), "now");
  assert.deepEqual(there.range.start, at(time, "now("));
  const module = await editor.ask("textDocument/definition", on(echoUri, at(echo, "time.now", 1)));
  assert.deepEqual(module.range.start, { line: 0, character: 7 });
  const builtin = await editor.ask("textDocument/definition", on(echoUri, at(echo, "Empty", 1)));
  const text = readFileSync(fileURLToPath(builtin.uri), "utf8");
  assert.equal(taken(text, builtin.range), "Empty");
  assert.deepEqual((await editor.open(builtin.uri, text)).diagnostics, []);
  assert.equal(await editor.ask("textDocument/hover", on(echoUri, at(echo, "config", 2))), null);
  await editor.end();
});

test("hover and definition know all eight declarations, also from metadata", async () => {
  const editor = new Editor();
  await editor.ready();
  const uri = uriOf("b/all.schema");
  const text = `module all {
  // About c.
  config c Int
  secret s String
  database postgres d
  topic t all.D
  typealias A String
  enum E: Int {
    One = 1
  }
  data D {
    x all.A
    y all.E?
  }
  verb v(Unit) Unit
    +calls all.w
    +database uses all.d
    +secrets all.s
    +config all.c
    +publish all.t
  verb w(all.D) Unit
    +subscribe all.t from=latest
    +retry 2 1s 2s catch all.k
  verb k(CatchRequest<all.D>) Unit
}
`;
  await editor.open(uri, text);
  const hovered = {
    "calls all.w": /verb w\(all\.D\) Unit/, "uses all.d": /database postgres d/, "secrets all.s": /secret s String/,
    "config all.c": /config c Int[^]*About c\./, "publish all.t": /topic t all\.D/, "subscribe all.t": /topic t all\.D/,
    "catch all.k": /verb k\(/, "x all.A": /typealias A String/, "y all.E": /enum E: Int \{\n {2}One = 1\n\}/, "topic t all.D": /data D \{\n {2}x all\.A/,
  };
  for (const [place, wanted] of Object.entries(hovered)) {
    const position = at(text, place, place.length);
    const shown = await editor.ask("textDocument/hover", on(uri, position));
    assert.match(shown?.contents.value ?? "nothing", wanted, place);
    const there = await editor.ask("textDocument/definition", on(uri, position));
    assert.equal(taken(text, there.range), place.split(".").at(-1), place);
    assert.notDeepEqual(there.range.end, position, "not the use itself");
  }
  editor.tell("textDocument/didClose", { textDocument: { uri } });
  await editor.end();
});

test("references and rename change each use of the same declaration and no other", async () => {
  const editor = new Editor();
  await editor.ready();
  await editor.open(echoUri, echo);
  const params = on(timeUri, at(time, "TimeResponse", 1));
  const uses = await editor.ask("textDocument/references", { ...params, context: { includeDeclaration: true } });
  assert.deepEqual(uses.map((use) => use.uri).sort(), [echoUri, timeUri, timeUri]);
  const { changes } = await editor.ask("textDocument/rename", { ...params, newName: "Clock" });
  assert.equal(changes[timeUri].length, 2);
  assert.equal(taken(echo, changes[echoUri][0].range), "TimeResponse");
  await assert.rejects(editor.ask("textDocument/rename", { ...params, newName: "Int" }), /none of the types/);
  await editor.end();
});

test("of modules of one name the nearest counts, and a rename leaves other systems alone", async () => {
  const editor = new Editor();
  await editor.ready();
  const uri = uriOf("c/user.schema");
  const { diagnostics } = await editor.open(uri, otherUser);
  assert.deepEqual(diagnostics.map((each) => [each.code, each.range.start.line]), [["unknown-ref", 3]]);
  const shown = await editor.ask("textDocument/hover", on(uri, at(otherUser, "TimeResponse", 1)));
  assert.match(shown.contents.value, /zone String/);
  const { changes } = await editor.ask("textDocument/rename", { ...on(uri, at(otherUser, "TimeResponse", 1)), newName: "Zoned" });
  assert.deepEqual(Object.keys(changes).sort(), [uriOf("c/time.schema"), uri]);
  await editor.end();
});

test("completion offers what fits the place", async () => {
  const editor = new Editor();
  await editor.ready();
  let version = 1;
  await editor.open(echoUri, echo);
  const offered = async (before) => {
    const text = `module echo {\n  config greeting String\n  topic said String\n  data Item<T> {\n    of T\n  }\n${before}`;
    await editor.change(echoUri, ++version, { text });
    const { items } = await editor.ask("textDocument/completion", on(echoUri, at(`${text}$`, "$")));
    return items.map((item) => item.label);
  };
  const expect = async (before, wanted, unwanted = []) => {
    const labels = await offered(before);
    for (const label of wanted) assert.ok(labels.includes(label), `${before}: ${label} in ${labels}`);
    for (const label of unwanted) assert.ok(!labels.includes(label), `${before}: ${label} in ${labels}`);
  };
  await expect("  ", ["verb", "data", "export"], ["module", "Int"]);
  await expect("  export ", ["realm", "verb", "data"], ["config"]);
  await expect("  verb v(", ["Int", "Item", "Empty", "time"], ["greeting", "verb"]);
  await expect("  verb v(time.", ["TimeRequest", "TimeResponse"], ["now", "Int", "Inner"]);
  await expect("  verb v(Int) ", ["Unit", "time"], ["passedOver"]);
  await expect("  verb v(Int) Unit\n    +", ["calls", "ingress", "retry"], ["Int"]);
  await expect("}\nmodule other {\n  +", ["git", "image", "artefact", "generated"], ["calls", "alias", "Int"]);
  await expect("  export topic t Int\n    +", ["partitions", "generated"], ["calls", "git"]);
  await expect("  database postgres d\n    +", ["migration"], ["partitions"]);
  await expect("  typealias T Int\n    +", ["typemap"], ["alias"]);
  await expect("  data D {\n    +", ["encoding", "generated"], ["alias", "calls"]);
  await expect("  data D {\n    f Int +", ["alias", "sql"], ["encoding", "calls"]);
  await expect("  data D {\n    f Int\n  }\n  export realm verb v(Int) Unit +generated\n    +", ["calls", "cron"], ["alias"]);
  await expect("  enum E {\n    +", [], ["calls", "alias"]);
  await expect("  config c Int\n    +", [], ["calls", "alias"]);
  await expect('}\nmodule other {\n  +git "r" "c" ', ["dirty"]);
  await expect("  verb v(Int) Unit\n    +retry 3 catch time.", ["now"], ["TimeRequest"]);
  await expect("  verb v(Int) Unit\n    +subscribe echo.", ["said"], ["greeting"]);
  await expect("  verb v(Int) Unit\n    +calls ", ["time"], ["Item"]);
  await expect("  verb v(Int) Unit\n    +calls time.n", ["now"], ["TimeRequest"]);
  await expect("  verb v(Int) Unit\n    +calls time.now,\n      time.", ["now"]);
  await expect("  verb v(Int) Unit\n    +config ", ["greeting"]);
  await expect("  verb v(Int) Unit\n    +publish echo.", ["said"]);
  await expect("  verb v(Int) Unit\n    +ingress http ", ["GET", "POST"]);
  await expect("  data D<K> {\n    f {String: [", ["Item", "K", "Int"]);
  await expect("  database ", ["postgres", "mysql"]);
  await expect("  verb v(Int) Unit // a ", [], ["Int"]);
  await editor.end();
});

test("formatting and document symbols", async () => {
  const editor = new Editor();
  await editor.ready();
  const loose = "module echo {\nverb v(Int)\n Unit\n data D{ a Int }\n}";
  await editor.open(echoUri, loose);
  const [edit] = await editor.ask("textDocument/formatting", { textDocument: { uri: echoUri }, options: {} });
  assert.match(edit.newText, /^module echo \{\n {2}data D \{\n {4}a Int\n/);
  assert.deepEqual(edit.range.end, { line: 4, character: 1 });
  await editor.change(echoUri, 2, { text: edit.newText });
  assert.deepEqual(await editor.ask("textDocument/formatting", { textDocument: { uri: echoUri }, options: {} }), []);
  const [module] = await editor.ask("textDocument/documentSymbol", { textDocument: { uri: echoUri } });
  assert.equal(module.name, "echo");
  assert.deepEqual(module.children.map((child) => child.name), ["D", "v"]);
  assert.deepEqual(module.children[0].children.map((child) => child.name), ["a"]);
  const inside = (outer, inner) => outer.start.line <= inner.start.line && inner.end.line <= outer.end.line;
  assert.ok(inside(module.range, module.children[0].range));
  assert.ok(inside(module.range, module.selectionRange));
  await editor.change(echoUri, 3, { text: "module {" });
  assert.equal(await editor.ask("textDocument/formatting", { textDocument: { uri: echoUri }, options: {} }), null);
  await editor.end();
});

test("files that change on disk are read again when the editor says so", async () => {
  const editor = new Editor();
  await editor.ready();
  await editor.open(echoUri, echo);
  writeFileSync(join(root, "a/time/time.schema"), time.replace("now(", "today("));
  editor.tell("workspace/didChangeWatchedFiles", { changes: [{ uri: timeUri, type: 2 }] });
  const { diagnostics } = await editor.diagnostics(echoUri);
  writeFileSync(join(root, "a/time/time.schema"), time);
  assert.deepEqual(diagnostics.map((each) => each.code), ["unknown-ref"]);
  // Of an open file the editor's text counts, whatever is on disk.
  await editor.change(echoUri, 2, { text: "module {" });
  editor.tell("workspace/didChangeWatchedFiles", { changes: [{ uri: echoUri, type: 2 }] });
  assert.deepEqual((await editor.diagnostics(echoUri)).diagnostics.map((each) => each.code), ["syntax"]);
  editor.tell("textDocument/didClose", { textDocument: { uri: echoUri } });
  assert.deepEqual((await editor.diagnostics(echoUri)).diagnostics, []);
  await editor.end();
});
