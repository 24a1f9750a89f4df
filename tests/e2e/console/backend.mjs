// A console's backend made of fixtures: the built page, the answers that it asks for, and
// hands to change them with. What the real one answers is pinned to the same fixtures by tests/console.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { quietPort } from "./ports.mjs";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

export class Backend {
  #server;
  #streams = new Set();
  #sockets = new Set();
  #beat;

  // What the page of every module tells of its values.
  configs = [
    { name: "currency", type: "String", json: '"EUR"', fromGlobal: false, revision: "7", author: "ada", timeMs: "1700000000000" },
    { name: "region", type: "String", json: '"a text that is long enough to need more than one line, wherever it is shown"', fromGlobal: true, revision: "7", author: "ada", timeMs: "1700000000000" },
    { name: "limits", type: "shop.Limits", fromGlobal: false, revision: "0", author: "", timeMs: "0" },
  ];
  secrets = [
    { name: "gateway_key_of_the_payment_provider", type: "String", set: true, fromGlobal: true, version: "9", fingerprint: "0123456789abcdef", keyId: "key-1", author: "bob", timeMs: "1700000000000" },
    { name: "pin", type: "Int", set: false, fromGlobal: false, version: "0", fingerprint: "", keyId: "", author: "", timeMs: "0" },
  ];

  constructor(page, overview, activity) {
    this.page = page;
    this.overview = overview;
    this.activity = activity;
    this.past = {}; // overviews by revision
    this.speaks = true; // false: connected and silent
  }

  async start(port) {
    port ??= await quietPort();
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise((done) => this.#server.listen(port, "127.0.0.1", done));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    this.#beat = setInterval(() => this.#send("status", this.#fresh().status), 500);
    return this;
  }

  // Ends every connection and stays away until `start(port)`.
  async stop() {
    clearInterval(this.#beat);
    this.#streams.clear();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  change(edit) {
    edit(this.overview);
    this.#send("overview", this.#fresh());
  }

  happen(event) {
    this.activity.events.unshift(event);
    this.#send("activity", { events: [event], replace: false, dropped: "0" });
  }

  #fresh() {
    this.overview.status.serverTimeMs ??= String(Date.now());
    return this.overview;
  }

  #send(event, data) {
    if (!this.speaks) return;
    for (const stream of this.#streams) {
      stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://fixture");
    const at = searchParams.get("at");
    response.setHeader("content-security-policy", policy);
    response.setHeader("cache-control", "no-store");
    if (pathname === "/api/events") return this.#stream(request, response);
    if (pathname === "/api/overview" && at !== null) return this.#past(at, response);
    if (pathname.startsWith("/api/modules/")) return this.#module(pathname.slice(13), at, response);
    const path = normalize(pathname === "/" ? "/index.html" : pathname);
    try {
      const body = readFileSync(join(this.page, path));
      response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
      return response.end(body);
    } catch {
      response.statusCode = 404;
      return response.end();
    }
  }

  #stream(request, response) {
    response.setHeader("content-type", "text/event-stream");
    response.write(`event: overview\ndata: ${JSON.stringify(this.#fresh())}\n\n`);
    response.write(`event: activity\ndata: ${JSON.stringify(this.activity)}\n\n`);
    this.#streams.add(response);
    request.on("close", () => this.#streams.delete(response));
  }

  #past(at, response) {
    const overview = this.past[at];
    response.statusCode = overview ? 200 : 404;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(overview ?? { detail: `there is no revision ${at} yet` }));
  }

  #module(name, at, response) {
    const overview = at === null ? this.overview : this.past[at];
    const module = overview.modules.find((candidate) => candidate.name === name);
    response.statusCode = module ? 200 : 404;
    response.setHeader("content-type", "application/json");
    const when = at === null ? "" : `  // as of ${at}\n`;
    const schema = `module ${name} {\n${when}  data EchoRequest {\n    name String?\n  }\n}\n`;
    const answer = { module, schema, configs: this.configs, secrets: this.secrets };
    response.end(JSON.stringify(module ? answer : { detail: `no module ${name}` }));
  }
}
