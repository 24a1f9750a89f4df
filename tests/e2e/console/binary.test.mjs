// The page as the binary serves it, over the real services: nothing is faked here. BIN names the
// folder of the binaries, EXAMPLES that of the examples.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { quietPort } from "./ports.mjs";
import { System } from "./system.mjs";

let browser;
let system;

before(async () => {
  browser = await launch();
  system = new System();
  await system.start();
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

test("a module arrives, a call happens, the schema service comes and goes", async () => {
  const visited = await open(browser, system.url);
  const { page } = visited;
  await page.getByRole("heading", { name: "Nothing is deployed yet" }).waitFor();

  const schema = join(process.env.EXAMPLES, "time", "time.schema");
  const port = String(await quietPort());
  system.millrace("run", schema, "--port", port, "--", join(process.env.BIN, "millrace-example-time"));
  await page.getByRole("link", { name: /^time: serving, 1 of 1 endpoints live/ }).waitFor();
  await page.getByText("Tells the time.").waitFor();
  await page.getByText("now(TimeRequest) TimeResponse").waitFor();

  // Routing follows the feed as the page does, and may be behind it.
  const end = Date.now() + 60_000;
  let call;
  do call = system.millrace("call", "time.now", "{}");
  while ((await call.ended) !== 0 && Date.now() < end);
  assert.equal(await call.ended, 0, call.log);
  const calls = page.getByRole("region", { name: "Last calls and requests" });
  await calls.getByRole("row", { name: /call time\.now ok/ }).waitFor();
  const followers = page.getByRole("region", { name: "Followers" });
  for (const kind of ["console", "routing", "timeline"]) {
    await followers.getByRole("row", { name: new RegExp(`^${kind} .* 0 live`) }).waitFor();
  }
  assert.deepEqual(visited.faults, [], "the real policy lets the page work");
  assert.deepEqual(visited.strangers, []);

  const { schemaAddress } = system;
  await system.schema.end("SIGKILL");
  await page.getByText("The feed is interrupted").waitFor();
  await page.getByRole("link", { name: /^time: serving/ }).waitFor();
  await system.startSchema(schemaAddress);
  await page.getByText("The feed is interrupted").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "All about time" }).click();
  await page.getByText("export verb now(time.TimeRequest) time.TimeResponse").waitFor();

  await page.goto(`${system.url}#/?at=1`);
  await page.getByText("As it was at revision 1").waitFor();
  await page.getByRole("link", { name: /^time: preparing/ }).waitFor();
  await page.getByText("What it changed").click();
  await page.getByText(/^changeset chs-.* created with dpl-time-/).waitFor();
  await page.getByRole("link", { name: "Back to now" }).click();
  await page.getByRole("link", { name: /^time: serving/ }).waitFor();
  if (process.env.SCREENSHOTS)
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/real.png`, fullPage: true });
  await visited.close();
});
