// The built page in a real browser, against a backend made of fixtures. PAGE names the folder of
// the built page; SCREENSHOTS, where set, a folder for pictures to look at.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Backend } from "./backend.mjs";
import { launch, open, stickingOut, weakText } from "./browser.mjs";

const fixtures = new URL("../../console/fixtures/", import.meta.url);
const fixture = (name) => JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));

let browser;
let backend;
let opened;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  backend = new Backend(process.env.PAGE, fixture("overview.json"), fixture("activity.json"));
  await backend.start();
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
  await backend.stop();
});

async function visit(options) {
  const visited = await open(browser, backend.url, options);
  opened.push(visited);
  await visited.page.getByText("live", { exact: true }).first().waitFor();
  return visited;
}

function clean({ faults, strangers }) {
  assert.deepEqual(faults, [], "the page logs no errors");
  assert.deepEqual(strangers, [], "the page asks nobody else");
}

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

test("the overview shows modules, verbs, routes, changesets, followers and calls", async () => {
  const visited = await visit({ width: 1920, height: 1080, colorScheme: "dark" });
  const { page } = visited;
  const modules = page.getByRole("region", { name: "Modules" });
  for (const name of ["echo", "greeter", "orders", "time"]) {
    await modules.getByRole("button", { name, exact: true }).waitFor();
  }
  await modules.getByText("GET /echo").waitFor();
  await modules
    .getByText("get(HttpRequest<Unit, Unit, EchoQuery>) HttpResponse<EchoResponse, String>")
    .waitFor();
  await modules.getByText("Greets whoever asks over HTTP.").waitFor();
  await modules.getByRole("link", { name: "orders is changing" }).waitFor();
  const changesets = page.getByRole("region", { name: "Changesets in flight" });
  await changesets.getByText("chs-w8e2r5t1y0").waitFor();
  await changesets.getByRole("list", { name: "Phase: preparing" }).waitFor();
  const followers = page.getByRole("region", { name: "Followers" });
  await followers.getByRole("row", { name: "routing routing-2 22 3 behind" }).waitFor();
  const replicas = page.getByRole("region", { name: "Schema service" });
  const writer = "10.0.0.1:8892 preferred writer 25 4 followers, 3 endpoints ready 90 min ago";
  await replicas.getByRole("row", { name: writer, exact: true }).waitFor();
  const away = "10.0.0.2:8892 23 1 follower, 1 endpoint not ready etcd cannot be reached 90 s ago";
  await replicas.getByRole("row", { name: away, exact: true }).waitFor();
  await replicas.getByRole("row", { name: /^10.0.0.3:8892 25 .* not heard/ }).waitFor();
  const calls = page.getByRole("region", { name: "Last calls and requests" });
  await calls
    .getByRole("row", { name: /http GET \/echo → echo.get 200 2.1 ms/ })
    .first()
    .waitFor();
  await page.getByRole("link", { name: /^orders: preparing, 1 of 3/ }).waitFor();
  await picture(page, "overview-dark-1920");
  clean(visited);
});

test("a change shows without loading the page again", async () => {
  const visited = await visit();
  const { page } = visited;
  await page.evaluate(() => (window.sameDocument = true));
  backend.change((overview) => {
    overview.status.feed.revision = overview.status.feed.head = "26";
    const added = structuredClone(overview.modules[0]);
    added.name = "shop";
    added.verbs[0].routes[0].path = "/shop";
    overview.modules.push(added);
  });
  await page.getByRole("button", { name: "shop", exact: true }).waitFor();
  await page.getByText("r26", { exact: true }).first().waitFor();
  backend.happen({ ...fixture("activity.json").events[0], id: "119", path: "/fresh" });
  await page.getByText("/fresh").waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  clean(visited);
});

test("a lost connection is told, retried and made up for", async () => {
  const { page } = await visit();
  await page.evaluate(() => (window.sameDocument = true));
  const { port } = backend;
  await backend.stop();
  const notice = page.getByRole("status");
  await notice.getByText("Connection lost").waitFor();
  await notice.getByText("What you see is revision 25").waitFor();
  await picture(page, "lost-1280");
  backend.overview.status.feed.revision = "31";
  await backend.start(port);
  await page.getByText("live", { exact: true }).first().waitFor();
  await page.getByText("31", { exact: true }).first().waitFor();
  await notice.getByText("Connection lost").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

test("a backend that falls silent counts as lost", async () => {
  const { page } = await visit();
  backend.speaks = false;
  await page.getByRole("status").getByText("the console has fallen silent").waitFor();
});

test("trouble behind the backend is shown where it matters", async () => {
  const visited = await visit();
  const { page } = visited;
  backend.change(({ status }) => {
    status.feed.state = "stale";
    status.feed.reason = "connection refused";
    status.timelineError = "the timeline does not answer";
    status.followersError = "the schema service does not say";
    status.followers[3].live = false;
  });
  await page.getByText("The feed is interrupted").waitFor();
  await page.getByText("Not up to date: the timeline does not answer").waitFor();
  await page.getByText("Not up to date: the schema service does not say").waitFor();
  await page.getByRole("row", { name: /routing-2 .* gone/ }).waitFor();
  await page.getByRole("row", { name: /^10.0.0.1:8892 .* not heard/ }).waitFor();
  backend.change(({ status }) => (status.feed.state = "empty"));
  await page.getByText("Waiting for the schema service").waitFor();
  clean(visited);
});

test("an empty system says what to type next", async () => {
  backend.overview = fixture("overview_empty.json");
  backend.activity = fixture("activity_empty.json");
  const visited = await visit({ colorScheme: "light" });
  const { page } = visited;
  await page.getByRole("heading", { name: "Nothing is deployed yet" }).waitFor();
  await page
    .getByText("millrace deploy hello.schema --endpoint hello=http://127.0.0.1:9000")
    .waitFor();
  await page.getByText("millrace call MODULE.VERB").waitFor();
  await picture(page, "empty-1280");
  clean(visited);
});

test("each page has an address of its own and takes the keyboard along", async () => {
  const visited = await visit();
  const { page } = visited;
  for (const name of ["Modules", "Deployments", "Changesets", "Activity", "Followers"]) {
    await page.getByRole("link", { name, exact: true }).press("Enter");
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === "H1");
    await page.waitForFunction((title) => document.title === title, `${name} · Millrace`);
    await picture(page, `page-${name.toLowerCase()}`);
  }
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
  await page.goto(`${backend.url}#/modules/orders`);
  await page.getByText("module orders {").waitFor();
  await page.getByText("orders.internal:9000").first().waitFor();
  await picture(page, "module-1280");
  await page.goto(`${backend.url}#/modules/nobody`);
  await page.getByText("No module is called “nobody”").waitFor();
  await page.goto(`${backend.url}#/nowhere`);
  await page.getByText("There is no such page").waitFor();
  clean(visited);
});

test("a module's page tells its config, and of its secrets no more than what tells them apart", async () => {
  const visited = await visit();
  const { page } = visited;
  await page.goto(`${backend.url}#/modules/orders`);
  const config = page.locator(".values").first();
  await config.getByText('"EUR"').waitFor();
  await config.getByText("for all modules").waitFor();
  await config.getByText("r7 by ada").first().waitFor();
  await config.getByText("not set").waitFor();
  const secrets = page.locator(".values").nth(1);
  await secrets.getByText("0123456789abcdef").waitFor();
  await secrets.getByText("r9 by bob").waitFor();
  await picture(page, "module-values");
  clean(visited);
});

test("the keyboard reaches everything, and shows where it is", async () => {
  const { page } = await visit();
  const all = await page.evaluate(() => {
    const wanted = [...document.querySelectorAll("a[href], button, input")].filter(
      (element) => !element.matches(".filter[data-empty] .clear, .theme-choice"),
    );
    wanted.forEach((element, index) => (element.dataset.stop = String(index)));
    return wanted.length;
  });
  const seen = new Set();
  const unmarked = [];
  for (let i = 0; i < all + 20; i += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const rect = getComputedStyle(element.querySelector("rect") ?? element);
      const marked = style.outlineStyle !== "none" || parseFloat(rect.strokeWidth) >= 3;
      return { stop: element.dataset.stop, marked, text: element.textContent };
    });
    if (at.stop !== undefined) seen.add(at.stop);
    if (at.stop !== undefined && !at.marked) unmarked.push(at.text);
  }
  assert.equal(seen.size, all, "every link, button and field is reached with Tab");
  assert.deepEqual(unmarked, [], "and has a visible focus");
});

test("the keyboard opens and closes a module, filters, and skips the navigation", async () => {
  const { page } = await visit();
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Skip to the page" }).press("Enter");
  await page.waitForFunction(() => document.activeElement.tagName === "H1");
  const echo = page.getByRole("button", { name: "echo", exact: true });
  assert.equal(await echo.getAttribute("aria-expanded"), "true");
  await echo.press("Enter");
  await page.getByRole("button", { name: "echo", exact: true, expanded: false }).waitFor();
  const filter = page.getByRole("searchbox", { name: "Filter modules" });
  await filter.fill("/greet");
  await echo.waitFor({ state: "detached" });
  await filter.press("Escape");
  await echo.waitFor();
});

test("colours follow the system, can be chosen, and are remembered", async () => {
  const { page } = await visit({ colorScheme: "dark" });
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.getByRole("radio", { name: "Light colours" }).click();
  await page.waitForFunction(
    (before) => getComputedStyle(document.documentElement).backgroundColor !== before,
    dark,
  );
  const light = await ground();
  await page.reload();
  await page.getByText("live", { exact: true }).first().waitFor();
  assert.equal(await ground(), light);
});

test("nothing moves for those who asked for it", async () => {
  const { page } = await visit({ reducedMotion: "reduce" });
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

for (const width of [360, 768, 1920]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`at ${width} pixels in ${colorScheme} all is inside the window and legible`, async () => {
      const visited = await visit({ width, height: 800, colorScheme, reducedMotion: "reduce" });
      for (const path of [
        "#/",
        "#/modules/orders",
        "#/deployments",
        "#/changesets",
        "#/activity",
        "#/followers",
      ]) {
        await visited.page.goto(backend.url + path);
        await visited.page.locator("main .panel").first().waitFor();
        assert.deepEqual(await visited.page.evaluate(stickingOut), [], `${path} sticks out`);
        assert.deepEqual(await visited.page.evaluate(weakText), [], `${path} has weak text`);
      }
      await visited.page.goto(`${backend.url}#/`);
      await visited.page.locator(".figures").waitFor();
      await picture(visited.page, `overview-${colorScheme}-${width}`);
      clean(visited);
    });
  }
}

test("three hundred modules are listed, found, and not drawn", async () => {
  const [first] = backend.overview.modules;
  backend.overview.modules = Array.from({ length: 300 }, (_, index) => ({
    ...first,
    name: `module_${String(index).padStart(3, "0")}`,
  }));
  const visited = await visit();
  const { page } = visited;
  await page.getByText("300 modules are too many for a picture").waitFor();
  await page.getByRole("searchbox").fill("module_299");
  await page.getByRole("button", { name: "module_299" }).waitFor();
  await page.getByRole("button", { name: "module_000" }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("button", { name: /^module_/ }).count(), 1);
  clean(visited);
});

test("hostile names stay text", async () => {
  const hostile = '<img src=x onerror="window.hit=1">';
  backend.overview.modules[0].name = hostile;
  backend.overview.modules[0].comment = `${hostile}</script><script>window.hit=1</script>`;
  backend.overview.changesets[0].reason = hostile;
  backend.activity.events[0].path = `/${hostile}`;
  const visited = await visit();
  await visited.page.getByRole("button", { name: hostile }).waitFor();
  assert.equal(await visited.page.evaluate(() => window.hit), undefined);
  clean(visited);
});

function pastOf(revision, names) {
  const overview = fixture("overview.json");
  overview.modules = overview.modules.filter(({ name }) => names.includes(name));
  overview.status.feed.revision = revision;
  overview.status.followers = [];
  overview.past = {
    revision,
    timeMs: "1795166000000",
    author: "ada",
    reason: "the first greeting",
    changes: ["changeset chs-w8e2r5t1y0 committed"],
  };
  return overview;
}

test("a past revision is shown as it was, while the live page goes on behind it", async () => {
  backend.past = {
    7: pastOf("7", ["echo"]),
    8: pastOf("8", ["echo", "time"]),
    25: pastOf("25", ["echo", "greeter", "orders", "time"]),
  };
  const visited = await visit();
  const { page } = visited;
  const modules = page.getByRole("region", { name: "Modules" });
  const past = page.getByRole("region", { name: "The past" });
  await page.getByRole("link", { name: "revision 25" }).click();
  await past.getByText("As it was at revision 25").waitFor();
  await past.getByRole("textbox", { name: "Revision" }).fill("7");
  await past.getByRole("button", { name: "Show" }).click();
  await past.getByText("As it was at revision 7").waitFor();
  await past.getByText(", by ada,").waitFor();
  await past.getByText("the first greeting").waitFor();
  await modules.getByRole("button", { name: "time", exact: true }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("region", { name: "Followers" }).count(), 0);
  await picture(page, "past-1280");
  // Commits go on, and are not what is looked at.
  backend.change((overview) => (overview.status.feed.revision = overview.status.feed.head = "26"));
  await page.getByRole("link", { name: "revision 26" }).waitFor();
  assert.equal(await modules.getByRole("button", { name: "echo", exact: true }).count(), 1);
  assert.equal(await modules.getByRole("button", { name: "time", exact: true }).count(), 0);
  // Pages stay in the past.
  await page.getByRole("link", { name: "All about echo" }).click();
  await page.getByText("// as of 7").waitFor();
  await page.getByRole("link", { name: "Followers", exact: true }).click();
  await page.getByText("Calls and followers are shown as they are now only.").waitFor();
  await page.getByRole("link", { name: "Modules", exact: true }).click();
  await past.getByRole("link", { name: "Later" }).click();
  await modules.getByRole("button", { name: "time", exact: true }).waitFor();
  await past.getByRole("link", { name: "Back to now" }).click();
  await modules.getByRole("button", { name: "orders", exact: true }).waitFor();
  assert.equal(await past.count(), 0);
  clean(visited);
});

test("a revision that cannot be shown says why, and the way back is there", async () => {
  const { page } = await visit();
  await page.goto(`${backend.url}#/?at=9999`);
  await page.getByText("Not shown: there is no revision 9999 yet").waitFor();
  await page.getByRole("link", { name: "Back to now" }).click();
  await page.getByRole("region", { name: "Modules" }).waitFor();
});

for (const [width, colorScheme] of [
  [360, "light"],
  [1280, "dark"],
]) {
  test(`the past at ${width} pixels in ${colorScheme} is inside the window and legible`, async () => {
    backend.past = { 7: pastOf("7", ["echo"]) };
    const visited = await visit({ width, colorScheme, reducedMotion: "reduce" });
    await visited.page.goto(`${backend.url}#/?at=7`);
    await visited.page.getByText("the first greeting").waitFor();
    await visited.page.getByText("What it changed").click();
    assert.deepEqual(await visited.page.evaluate(stickingOut), []);
    assert.deepEqual(await visited.page.evaluate(weakText), []);
    await picture(visited.page, `past-${colorScheme}-${width}`);
    clean(visited);
  });
}
