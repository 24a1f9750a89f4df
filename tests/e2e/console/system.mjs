// Starts the real binaries on free ports, each as a child process of its own, and ends them again.
// BIN names the folder of the binaries.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietPort } from "./ports.mjs";

const bin = (name) => join(process.env.BIN, name);
const START_MS_MAX = 60_000;

class Child {
  constructor(name, args, environment = {}) {
    this.name = name;
    this.log = "";
    this.process = spawn(bin(name), args, { env: { ...process.env, ...environment } });
    this.ended = new Promise((done) => this.process.on("exit", (code) => done(code)));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (octets) => (this.log += octets));
    }
  }

  // The first group of `pattern`, once the log has it.
  async says(pattern) {
    const deadline = Date.now() + START_MS_MAX;
    let over = false;
    this.ended.then(() => (over = true));
    while (Date.now() < deadline) {
      const found = this.log.match(pattern);
      if (found) return found[1];
      if (over) break;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`${this.name} did not say ${pattern}:\n${this.log}`);
  }

  async end(signal = "SIGTERM") {
    this.process.kill(signal);
    return this.ended;
  }
}

export class System {
  #children = [];

  async start() {
    this.data = mkdtempSync(join(tmpdir(), "millrace-console-"));
    await this.startSchema(`127.0.0.1:${await quietPort()}`);
    const follow = (service) => [
      `--${service}.health_listen`,
      "127.0.0.1:0",
      `--${service}.schema`,
      this.schemaAddress,
    ];
    const timeline = this.#run("millrace-timeline", [
      ...follow("timeline"),
      "--timeline.listen",
      "127.0.0.1:0",
      "--data",
      this.data,
    ]);
    this.timelineAddress = await timeline.says(/timeline.started address=(\S+)/);
    const routing = this.#run("millrace-routing", [
      ...follow("routing"),
      "--routing.listen",
      "127.0.0.1:0",
      "--routing.timeline",
      this.timelineAddress,
      "--data",
      this.data,
    ]);
    this.routingAddress = await routing.says(/routing.started address=(\S+)/);
    const console = this.#run("millrace-console", [
      ...follow("console"),
      "--console.http_listen",
      "127.0.0.1:0",
      "--console.timeline",
      this.timelineAddress,
      "--data",
      this.data,
    ]);
    this.url = `http://${await console.says(/console.started address=(\S+)/)}/`;
  }

  async startSchema(listen) {
    this.schema = this.#run("millrace-schema", [
      "--data",
      this.data,
      "--schema.listen",
      listen,
      "--schema.http_listen",
      "127.0.0.1:0",
      "--schema.health_listen",
      "127.0.0.1:0",
    ]);
    this.schemaAddress = await this.schema.says(/schema.started listen=(\S+)/);
  }

  // The command line, pointed at this system.
  millrace(...args) {
    return this.#run("millrace", args, {
      MILLRACE_CLI_SCHEMA: this.schemaAddress,
      MILLRACE_CLI_ROUTING: this.routingAddress,
      MILLRACE_CLI_TIMELINE: this.timelineAddress,
    });
  }

  #run(name, args, environment) {
    const child = new Child(name, args, environment);
    this.#children.push(child);
    return child;
  }

  async stop() {
    for (const child of this.#children.reverse()) await child.end();
    rmSync(this.data, { recursive: true, force: true });
  }
}

// All in one process, with its doors closed: TLS, and nobody is served who does not say who they are.
export class ClosedSystem {
  async start() {
    this.data = mkdtempSync(join(tmpdir(), "millrace-console-"));
    const certs = join(this.data, "certs");
    const made = new Child("millrace", ["certs", "init", "--dir", certs]);
    if ((await made.ended) !== 0) throw new Error(made.log);
    const listeners = ["schema", "routing", "timeline"].map((each) => `${each}.listen`);
    listeners.push("schema.http_listen", "ingress.http_listen", "console.http_listen");
    for (const each of ["schema", "routing", "timeline", "ingress", "console"])
      listeners.push(`${each}.health_listen`);
    const settings = ["--settings-version", "2", "--auth.mode", "required", "--data", this.data];
    for (const each of listeners) settings.push(`--${each}`, "127.0.0.1:0");
    const ca = join(certs, "ca.pem");
    settings.push("--tls.ca", ca, "--tls.certificate", join(certs, "console.pem"));
    this.serve = new Child("millrace", ["serve", ...settings, "--tls.key", join(certs, "console.key")]);
    this.url = `${await this.serve.says(/serve\.ready .*console=(\S+)/)}/`;
    this.environment = {
      MILLRACE_CLI_SCHEMA: await this.serve.says(/serve\.ready .*schema=(\S+)/),
      MILLRACE_CLI_CA: ca,
      MILLRACE_CLI_CERTIFICATE: join(certs, "cli.pem"),
      MILLRACE_CLI_KEY: join(certs, "cli.key"),
      MILLRACE_TOKEN_FILE: join(this.data, "bootstrap.token"),
    };
  }

  // What the command line says as the first admin.
  async millrace(...args) {
    const command = new Child("millrace", args, this.environment);
    if ((await command.ended) !== 0) throw new Error(command.log);
    return command.log;
  }

  async stop() {
    await this.serve?.end();
    rmSync(this.data, { recursive: true, force: true });
  }
}
