// What the tests of this folder share: the binaries, the schemas, the validators. MILLRACE, VALUES
// and SOURCE come from ctest.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const { MILLRACE, VALUES, SOURCE } = process.env;

function run(program, words) {
  const ended = spawnSync(program, words, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 60_000 });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}
export const millrace = (...words) => run(MILLRACE, words);
export const values = (rounds, files) =>
  run(VALUES, [String(rounds), ...files]).out.trimEnd().split("\n").map((line) => JSON.parse(line));

export function ajv() {
  const made = new Ajv2020.default({ allErrors: false, strict: true, strictRequired: false });
  addFormats.default(made);
  return made;
}

const schemasIn = (folder) =>
  readdirSync(folder).filter((name) => name.endsWith(".schema")).sort().map((name) => join(folder, name));
const foldersIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));

export const kinds = [join(SOURCE, "tests/editing/kinds.schema")];
export const corpus = schemasIn(join(SOURCE, "tests/schema/corpus"));

// Whole schemas: ours of all kinds, the examples, each file of the corpus that stands alone, each
// of its systems of several modules.
export function systems() {
  const folders = foldersIn(join(SOURCE, "tests/schema/corpus/systems"));
  const examples = foldersIn(join(SOURCE, "examples")).flatMap(schemasIn);
  const alone = corpus.map((file) => [file]);
  return [kinds, examples, ...alone, ...folders.map(schemasIn)].filter(
    (files) => files.length > 0 && millrace("schema", "check", ...files).code === 0,
  );
}

export const nameOf = (files) =>
  files.length === 1 ? files[0].split("/").pop() : files[0].split("/").slice(-2)[0] + "/";
