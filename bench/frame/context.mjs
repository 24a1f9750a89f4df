// What a row finds: where the binaries are, a folder on the disk that is meant, and the servers that
// several rows start. Each start answers { address, process(es), stop }.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Process, answers, free_port, output_of } from './processes.mjs';

export const etcd_quota = 8589934592;

export class Context {
  constructor(options) {
    Object.assign(this, options); // bin, load, folder, seconds, rounds, wait, say
    this.count = 0;
  }

  // A folder of its own for each server, with nothing that another row left.
  fresh(name) {
    const path = join(this.folder, `${name}-${++this.count}`);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  write(name, text) {
    const path = join(this.fresh('files'), name);
    writeFileSync(path, text);
    return path;
  }

  program(name) {
    return join(this.bin, name);
  }

  millrace(words, options) {
    return output_of([this.program('millrace'), ...words], options);
  }

  // A service of ours: service('schema', {'schema.journal': ...}); further ones are told of it.
  async service(name, settings = {}) {
    const data = this.fresh(name);
    const ports = { health_listen: await free_port() };
    if (name === 'schema') ports.http_listen = await free_port();
    const listen = name === 'ingress' || name === 'console' ? 'http_listen' : 'listen';
    ports[listen] = await free_port();
    const all = { data, 'log.level': 'warn', ...settings };
    for (const [key, port] of Object.entries(ports)) all[`${name}.${key}`] = `127.0.0.1:${port}`;
    const flags = Object.entries(all).map(([key, value]) => `--${key}=${value}`);
    const server = new Process([this.program(`millrace-${name}`), ...flags], { log: join(data, 'log') });
    const url = `http://127.0.0.1:${ports.health_listen}/readyz`;
    await server.until(async () => (await fetch(url)).ok && answers(ports[listen]), 60);
    return { address: `127.0.0.1:${ports[listen]}`, port: ports[listen], process: server, data, stop: () => server.stop() };
  }

  async etcd() {
    const data = this.fresh('etcd');
    const [client, peer] = [await free_port(), await free_port()];
    const server = new Process(
      ['etcd', '--data-dir', data, '--log-level', 'error', '--quota-backend-bytes', String(etcd_quota),
        '--auto-compaction-mode', 'revision', '--auto-compaction-retention', '10000',
        '--listen-client-urls', `http://127.0.0.1:${client}`, '--advertise-client-urls', `http://127.0.0.1:${client}`,
        '--listen-peer-urls', `http://127.0.0.1:${peer}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`,
        '--initial-cluster', `default=http://127.0.0.1:${peer}`],
      { log: join(data, 'log') },
    );
    await server.until(async () => (await fetch(`http://127.0.0.1:${client}/health`)).ok);
    return { address: `127.0.0.1:${client}`, port: client, process: server, stop: () => server.stop() };
  }

  // A server of somebody else's, which listens on one TCP port.
  async server(words, port) {
    const log = join(this.fresh('server'), 'log');
    const server = await new Process(words, { log }).until(() => answers(port));
    return { address: `127.0.0.1:${port}`, port, process: server, stop: () => server.stop() };
  }
}

// Ends several in turn, the last one first.
export function stop_of(...servers) {
  return async () => {
    for (const each of servers.reverse()) await each.stop();
  };
}
