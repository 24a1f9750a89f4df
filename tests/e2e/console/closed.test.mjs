// The page behind closed doors, as a person comes in: the browser asks for a name and a password, and the
// token is the password. BIN names the folder of the binaries, EXAMPLES that of the examples.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { ClosedSystem } from "./system.mjs";

let browser;
let system;

before(async () => {
  browser = await launch();
  system = new ClosedSystem();
  await system.start();
});
after(async () => {
  await browser?.close();
  await system?.stop();
});

// The last answer to whoever has that, or nothing, to say. Without anything, and nobody to ask, Chromium gives up.
async function answerTo(httpCredentials) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, httpCredentials });
  const page = await context.newPage();
  const answers = [];
  page.on("response", (answer) => answers.push(answer));
  await page.goto(system.url).catch((error) => assert.match(error.message, /ERR_INVALID_AUTH_CREDENTIALS/));
  const last = answers.filter((answer) => answer.url() === system.url).at(-1);
  const said = { status: last.status(), asks: (await last.allHeaders())["www-authenticate"] ?? "" };
  await context.close();
  return said;
}

test("over TLS the page asks who is there, and lives on for whoever has a token", async () => {
  for (const credentials of [undefined, { username: "ada", password: "wrong" }]) {
    const { status, asks } = await answerTo(credentials);
    assert.equal(status, 401);
    assert.match(asks, /Basic realm="millrace"/);
  }

  const said = await system.millrace("token", "create", "ada", "--role", "viewer");
  const password = said.match(/mlr_\w+/)[0];
  const visited = await open(browser, system.url, {
    ignoreHTTPSErrors: true,
    httpCredentials: { username: "any name", password },
  });
  const { page } = visited;
  await page.getByRole("heading", { name: "Nothing is deployed yet" }).waitFor();
  // What happens then is seen by the same token.
  await system.millrace("deploy", join(process.env.EXAMPLES, "time", "time.schema"));
  await page.getByText("Tells the time.").waitFor();
  assert.deepEqual(visited.strangers, []);
  if (process.env.SCREENSHOTS)
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/closed.png`, fullPage: true });
  await visited.close();
});
