// `schema jsonschema` and `schema openapi` against the published meta-schemas, a linter, and the
// JSON check that they describe.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { ajv, kinds, millrace, nameOf, systems, values } from "./programs.mjs";

function document(what, files, ...words) {
  const printed = millrace("schema", what, ...files, ...words);
  assert.equal(printed.code, 0, printed.err);
  return JSON.parse(printed.out);
}

function* refsOf(node) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.$ref === "string") yield node.$ref;
  for (const child of Object.values(node)) yield* refsOf(child);
}

function assertResolved(root) {
  for (const ref of refsOf(root)) {
    assert.match(ref, /^#\//);
    const found = ref.slice(2).split("/").reduce((at, step) => at?.[step], root);
    assert.ok(found !== undefined, `${ref} leads nowhere`);
  }
}

const all = systems();

test("the schemas at hand are those of the corpus, its whole systems and the examples", () => {
  const names = all.map(nameOf);
  for (const name of ["kinds.schema", "echo/", "pubsub.schema", "todo.schema", "chat/", "ledger.schema", "shop/"])
    assert.ok(names.includes(name), `${name} is not among ${names.join()}`);
});

for (const files of all) {
  test(`JSON Schema of ${nameOf(files)} fits its meta-schema and compiles whole`, () => {
    const types = document("jsonschema", files);
    assertResolved(types);
    const validator = ajv();
    assert.ok(validator.validateSchema(types), JSON.stringify(validator.errors));
    validator.addSchema(types, "types");
    for (const name of Object.keys(types.$defs)) {
      assert.ok(validator.getSchema(`types#/$defs/${name}`), name);
    }
  });

  test(`OpenAPI of ${nameOf(files)} fits its meta-schema and passes the linter`, async () => {
    const api = document("openapi", files);
    assertResolved(api);
    const { valid, errors } = await new Validator().validate(structuredClone(api));
    assert.ok(valid, JSON.stringify(errors));
    const config = await createConfig({
      extends: ["recommended"],
      rules: { "info-license": "off", "no-server-example.com": "off", "operation-4xx-response": "off" },
    });
    const problems = await lintFromString({ source: JSON.stringify(api), config });
    assert.deepEqual(problems.map((each) => `${each.ruleId}: ${each.message}`), []);
  });

  test(`the JSON check and JSON Schema of ${nameOf(files)} agree on every value`, () => {
    const validator = ajv();
    validator.addSchema(document("jsonschema", files), "types");
    const seen = { strict: 0, coerced: 0, refused: 0 };
    for (const { type, value, sound, accepted, strict } of values(60, files)) {
      const fits = validator.getSchema(`types#/$defs/${type}`);
      const said = fits(JSON.parse(value));
      assert.equal(said, strict, `${type}: ${value}: ajv ${said}, the check ${strict}`);
      if (sound) assert.ok(strict, `${type}: ${value} was made to fit`);
      seen[strict ? "strict" : accepted ? "coerced" : "refused"] += 1;
    }
    if (files === kinds) for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, what);
  });
}

// Where the two differ on purpose: the check takes what JSON Schema cannot or should not promise.
test("what the check coerces or counts exactly, JSON Schema refuses or lets pass", () => {
  const validator = ajv();
  validator.addSchema(document("jsonschema", kinds), "types");
  const fits = (type, value) => validator.getSchema(`types#/$defs/kinds.${type}`)(value);
  const sound = { i: 1, f: 1, s: "", b: true, t: "2024-01-01T00:00:00Z" };
  assert.ok(fits("Scalars", sound));
  assert.ok(!fits("Scalars", { ...sound, i: "1" }), "a numeric string");
  assert.ok(!fits("Scalars", { ...sound, f: "1e3" }), "a numeric string");
  assert.ok(!fits("Scalars", { ...sound, b: "true" }), "a boolean as a string");
  assert.ok(!fits("Scalars", { ...sound, u: null }), "Unit as null");
  assert.ok(!fits("Tree", { label: "x" }), "a field by its name where it has an alias");
  assert.ok(fits("Tree", { name: "x" }));
  assert.ok(fits("Scalars", { ...sound, t: "2024-01-01t00:00:00z" }), "a time in small letters");
  assert.ok(!fits("Scalars", { ...sound, t: "2024-01-01T00:00:60Z" }), "a leap second at any hour");
  // Numbers of JavaScript end at 2^53: only a validator with exact numbers sees this one.
  assert.ok(fits("Scalars", { ...sound, i: Number("9223372036854775808") }));
});

test("comments become descriptions, and enums say what each value is", () => {
  const { $defs } = document("jsonschema", kinds);
  assert.equal($defs["kinds.Tree"].description, "A node of a tree.");
  assert.equal($defs["kinds.Tree"].properties.name.description, "Who it is.");
  assert.equal($defs["kinds.Tree"].properties.children.description, "Below it.\nany number");
  assert.equal($defs["kinds.Currency"].description, "What a price is in.\n- `EUR`: Euro. of many\n- `USD`: Dollar");
  assert.deepEqual($defs["kinds.Tree"].required, ["name"]);
  assert.deepEqual($defs["kinds.Level"].enum.length, 2);
  assert.equal($defs["kinds.Shape"].oneOf[0].description, "By its radius.");
});

test("one verb is described by what it takes, with only the types that it needs", () => {
  const plain = document("jsonschema", kinds, "--verb", "kinds.plain");
  const validator = ajv();
  const fits = validator.compile(plain);
  assert.ok(fits({ first: { keep: 1, unknown: 2 }, unknown: 3 }), "the verb is lenient everywhere");
  assert.ok(!fits({ first: { keep: 1.5 } }));
  assert.ok(!("kinds.Query" in plain.$defs));
  assert.equal(plain.title, "kinds.plain");
});

test("types that only a topic, a config or a secret shows are there, and a verb has its comment", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-export-"));
  const file = join(folder, "m.schema");
  writeFileSync(file, `module m {
  config c m.Page<Int>
  secret s m.Page<String>
  topic said m.Page<Bool>
  data Page<T> {
    items [T]
  }
  // Does it.
  // All of it.
  verb v(Unit) Unit
}
`);
  try {
    const { $defs } = document("jsonschema", [file]);
    assert.deepEqual(Object.keys($defs), ["m.Page-Bool", "m.Page-Int", "m.Page-String"]);
    assert.equal(document("jsonschema", [file], "--verb", "m.v").description, "Does it.\nAll of it.");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("parameters, bodies and errors stand in their places", () => {
  const { paths, components } = document("openapi", kinds);
  const { get, put } = paths["/things/{id}/on/{day}"];
  const at = (operation, name) => operation.parameters.find((each) => each.name === name);
  assert.equal(at(get, "id").schema.type, "integer");
  assert.equal(at(get, "day").schema.format, "date-time");
  assert.equal(at(get, "limit").description, "How many at most.");
  assert.equal(at(get, "limit").required, false);
  assert.equal(at(get, "limit").schema.type, "integer", "absent, never null");
  assert.equal(at(get, "currency").required, true);
  assert.equal(at(get, "tags").schema.type, "array");
  assert.ok(at(put, "id") && at(put, "day"), "one path has one set of names");
  assert.equal(at(put, "query").explode, true);
  assert.equal(get.summary, "Reads one thing.");
  assert.deepEqual(Object.keys(get.responses.default.content), ["application/json", "application/problem+json"]);
  assert.match(put.requestBody.content["application/json"].schema.$ref, /-lenient$/);
  assert.ok(!("additionalProperties" in components.schemas["kinds.Scalars-lenient"]));
  assert.equal(put.responses["2XX"].content, undefined);
  assert.deepEqual(Object.keys(paths["/text/{at}"].post.requestBody.content), ["text/plain"]);
  assert.deepEqual(Object.keys(paths["/text/{at}"].post.responses["2XX"].content), ["application/octet-stream"]);
  assert.equal(paths["/anything"].patch.requestBody.required, false);
  assert.equal(get.requestBody, undefined);
});

test("the order of the files changes nothing, and a verb without a route is told so", () => {
  const several = all.find((files) => files.length > 1);
  for (const what of ["jsonschema", "openapi"]) {
    const there = millrace("schema", what, ...several);
    assert.equal(there.out, millrace("schema", what, ...[...several].reverse()).out);
  }
  const none = millrace("schema", "openapi", ...kinds, "--verb", "kinds.plain");
  assert.equal(none.code, 1);
  assert.match(none.err, /no route leads to kinds\.plain/);
  assert.match(millrace("schema", "jsonschema", ...kinds, "--verb", "kinds.no").err, /there is no verb kinds\.no/);
});
