// Servers and load generators as child processes: started with a log, waited for, ended. What is
// left over is ended when the benchmark is.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpu_seconds } from './machine.mjs';

const running = new Set();

// What this benchmark has used of the processors: itself, what ended, and what runs.
export function our_seconds() {
  let seconds = cpu_seconds('self');
  for (const each of running) seconds += cpu_seconds(each.pid);
  return seconds;
}

export class Process {
  constructor(words, { log, env = {} } = {}) {
    this.words = words;
    this.log = log;
    const output = log ? openSync(log, 'a') : 'ignore';
    this.child = spawn(words[0], words.slice(1), { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
    if (log) closeSync(output);
    this.pid = this.child.pid;
    this.ended = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => resolve(code ?? signal));
      this.child.on('error', (error) => resolve(error.message));
    });
    running.add(this);
    this.ended.then((how) => {
      this.how = how;
      running.delete(this);
    });
  }
  cpu() {
    return cpu_seconds(this.pid);
  }
  async stop() {
    this.child.kill('SIGTERM');
    const late = sleep(10_000, 'late', { ref: false });
    if (this.how === undefined && (await Promise.race([this.ended, late])) === 'late') this.child.kill('SIGKILL');
    await this.ended;
  }
  // Waits until `ready` holds; throws with the end of the log where the process ends before.
  async until(ready, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    while (!(await ready().catch(() => false))) {
      if (this.how !== undefined || Date.now() > end) {
        const log = this.log ? readFileSync(this.log, 'utf8').split('\n').slice(-15).join('\n') : '';
        throw new Error(`${this.words.join(' ')} is not ready (${this.how ?? 'still starting'})\n${log}`);
      }
      await sleep(50);
    }
    return this;
  }
}

// Runs a load generator to its end; what it printed.
export async function output_of(words, { env = {}, input_ok = [0] } = {}) {
  const child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const one = { pid: child.pid };
  running.add(one);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  running.delete(one);
  if (!input_ok.includes(code)) throw new Error(`${words.join(' ')} ended with ${code}\n${out}${err}`);
  return out;
}

export async function json_of(words, options) {
  const text = await output_of(words, options);
  return JSON.parse(text.slice(text.indexOf('{')));
}

export function answers(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

export function free_port() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function make_folder(parent) {
  return mkdtempSync(join(parent, 'millrace-bench-'));
}

export async function stop_all() {
  for (const each of [...running].reverse()) if (each.stop) await each.stop();
}

export function remove_folder(path) {
  rmSync(path, { recursive: true, force: true });
}
