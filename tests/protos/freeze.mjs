// Freezes the protos as they are: `node tests/protos/freeze.mjs`, after a release. What was frozen
// before must all be there still, else nothing is written. `npm ci` in this folder comes first, or a build.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const protos = join(here, "..", "..", "protos");
const frozen = join(here, "released.binpb");

function buf(...args) {
  const ran = spawnSync(join(here, "node_modules", ".bin", "buf"), args, { encoding: "utf8", timeout: 60_000 });
  if (ran.status === 0) return;
  console.error(`buf ${args[0]} failed; ${frozen} stays as it is\n${ran.error ?? ran.stdout + ran.stderr}`);
  process.exit(1);
}

buf("breaking", protos, "--against", frozen, "--config", join(here, "buf.yaml"));
buf("build", protos, "--exclude-source-info", "-o", frozen);
console.log(`frozen: ${frozen}`);
