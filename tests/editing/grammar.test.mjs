// The TextMate grammar of docs/editors over every schema at hand, with the engine that VS Code has.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const { SOURCE } = process.env;
const grammarFile = join(SOURCE, "docs/editors/millrace.tmLanguage.json");
const wasm = readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm"));
const onigLib = oniguruma.loadWASM(wasm.buffer).then(() => ({
  createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
  createOnigString: (text) => new oniguruma.OnigString(text),
}));
const registry = new textmate.Registry({
  onigLib,
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarFile, "utf8"), grammarFile),
});
const grammar = await registry.loadGrammar("source.millrace");

// [text, innermost scope] of each token that is more than blanks.
function tokens(text) {
  const found = [];
  let stack = textmate.INITIAL;
  for (const line of text.split(/\r?\n/)) {
    const { tokens: here, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    for (const { startIndex, endIndex, scopes } of here) {
      const part = line.slice(startIndex, endIndex);
      if (part.trim() !== "") found.push([part.trim(), scopes.at(-1)]);
    }
  }
  return found;
}

const schemas = ["tests/schema/corpus", "tests/editing", "examples"].flatMap((folder) =>
  readdirSync(join(SOURCE, folder), { recursive: true })
    .filter((name) => name.endsWith(".schema") && !name.includes("node_modules") && !name.includes("broken"))
    .map((name) => join(SOURCE, folder, name)),
);

test("nothing in the corpus is left without a scope", () => {
  assert.ok(schemas.length >= 6, schemas.join());
  for (const file of schemas) {
    const bare = tokens(readFileSync(file, "utf8")).filter(([, scope]) => scope === "source.millrace");
    assert.deepEqual(bare, [], file);
  }
});

test("each keyword, type and kind of metadata has its own scope where everything is used", () => {
  const found = tokens(readFileSync(join(SOURCE, "tests/schema/corpus/everything.schema"), "utf8"));
  const has = (text, scope) =>
    assert.ok(found.some(([part, name]) => part === text && name === `${scope}.millrace`), `${text}: ${scope}`);
  for (const word of ["realm", "module", "config", "secret", "database", "topic", "typealias", "enum", "data", "verb"])
    has(word, "keyword.declaration");
  for (const word of ["export", "realm", "external"]) has(word, "storage.modifier");
  for (const type of ["Int", "Float", "String", "Bytes", "Bool", "Time", "Any", "Unit"]) has(type, "support.type");
  for (const kind of ["ingress", "alias", "encoding", "calls", "database", "uses", "secrets", "config", "cron",
    "publish", "subscribe", "retry", "typemap", "migration", "artefact", "sql", "column", "query", "partitions",
    "generated", "git", "fixture", "transaction", "egress", "image"]) has(kind, "keyword.other.metadata");
  for (const word of ["http", "json", "lenient", "from", "beginning", "latest", "deadletter", "catch", "executable",
    "dirty", "manual", "postgres", "mysql", "many"]) has(word, "keyword.other");
  has("GET", "keyword.other.method");
  has("{id}", "variable.parameter");
  has("${currency}", "variable.other.config");
  has("get", "entity.name.function");
  has("Order", "entity.name.type");
  has("placed", "entity.name.type.reference");
});

test("a field may be called like a keyword, and a type in a string is text", () => {
  const found = tokens('module m {\n  data D {\n    verb String +alias json "Int"\n    config Int\n  }\n}\n');
  assert.deepEqual(found.filter(([part]) => part === "Int").map(([, scope]) => scope),
    ["string.quoted.double.millrace", "support.type.millrace"]);
});
