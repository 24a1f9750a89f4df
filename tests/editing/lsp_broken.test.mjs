// `millrace schema lsp` as a broken or unusual client speaks to it: octets, not messages of a library.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";

// Bytes as they are: what a broken client sends.
async function speak(octets) {
  const child = spawn(process.env.MILLRACE, ["schema", "lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (out += part));
  child.stdin.on("error", () => {});
  for (const part of [octets].flat()) child.stdin.write(part);
  child.stdin.end();
  const code = await ended;
  const answers = out.split(/Content-Length: \d+\r\n\r\n/).slice(1).map((text) => JSON.parse(text));
  return { code, answers };
}
const frame = (message) => {
  const text = typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...message });
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
};
const hello = frame({ id: 1, method: "initialize", params: {} });
const bye = frame({ id: 9, method: "shutdown" }) + frame({ method: "exit" });

test("G11: what is no message gets an error, and the next message its answer", async () => {
  for (const garbage of ["GET / HTTP/1.1\r\n\r\n", "Content-Length: -5\r\n\r\n", "Content-Length: 5 5\r\n\r\n",
    "Content-Length: 99999999999999999999999\r\n\r\n", "x".repeat(9_000), "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"]) {
    const { code, answers } = await speak(garbage + hello + bye);
    assert.equal(code, 0, garbage.slice(0, 40));
    assert.equal(answers[0].error.code, -32600);
    assert.ok(answers.some((each) => each.id === 1 && each.result), garbage.slice(0, 40));
  }
  const large = await speak(["Content-Length: 9000000\r\n\r\n", "y".repeat(9_000_000), hello, bye]);
  assert.match(large.answers[0].error.message, /more than 8388608 octets/);
  assert.ok(large.answers[1].result, "what follows the large message is read");
});

test("requests out of turn, unknown ones and wrong ones get the errors of JSON-RPC", async () => {
  const hover = (id, params) => frame({ id, method: "textDocument/hover", params });
  const { code, answers } = await speak([
    hover(2, {}), hello, frame({ id: 3, method: "no/such" }), hover(4, {}), hover(5, [1]),
    hover(6, { textDocument: { uri: "file:///no/such.schema" }, position: { line: 0, character: 0 } }), frame("{nonsense"), frame("[1]"),
    frame({ id: {}, method: "shutdown" }), frame({ method: "no/such/notification" }), frame({ method: "textDocument/didOpen" }),
    frame({ id: "seven", method: "shutdown" }), hover(8, {}), frame({ method: "exit" })]);
  assert.equal(code, 0);
  assert.deepEqual(answers.map((each) => [each.id, each.error?.code ?? "ok"]), [
    [2, -32002], [1, "ok"], [3, -32601], [4, -32602], [5, -32602], [6, -32803],
    [null, -32700], [null, -32600], [null, -32600], ["seven", "ok"], [8, -32600]]);
  assert.match(answers[3].error.message, /^the params are not those that the protocol has for textDocument\/hover$/);
});

test("half a message, single octets, and an end without shutdown", async () => {
  const single = await speak([...Buffer.from(hello + bye)].map((octet) => Buffer.from([octet])));
  assert.equal(single.answers.length, 2);
  assert.equal((await speak(hello + hello.slice(0, 30))).code, 1);
  assert.equal((await speak(hello + frame({ method: "exit" }))).code, 1);
});

test("a text that was never saved is checked, and one of a scheme of its own is named", async () => {
  const document = { uri: "untitled:Untitled-1", languageId: "millrace", version: 1, text: "module m {\n  data D { a Nope }\n}\n" };
  const { answers } = await speak([hello, frame({ method: "textDocument/didOpen", params: { textDocument: document } }),
    frame({ id: 2, method: "textDocument/formatting", params: { textDocument: { uri: document.uri } } }),
    frame({ method: "textDocument/didClose", params: { textDocument: { uri: document.uri } } }),
    frame({ id: 3, method: "textDocument/formatting", params: { textDocument: { uri: "git:/m.schema" } } }), bye]);
  const [opened, closed] = answers.filter((each) => each.method === "textDocument/publishDiagnostics").map((each) => each.params);
  assert.deepEqual([opened.uri, opened.diagnostics.map((each) => each.code)], [document.uri, ["unknown-ref"]]);
  assert.deepEqual([closed.uri, closed.diagnostics], [document.uri, []]);
  assert.match(answers.find((each) => each.id === 2).result[0].newText, /^module m \{\n {2}data D \{\n/);
  assert.equal(answers.find((each) => each.id === 3).error.message, "git:/m.schema: this file is not known");
});
