// nghttp2's load generator, for HTTP/1.1 and for gRPC calls, which are HTTP/2 requests.
import { readFileSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import { output_of } from './processes.mjs';

// So many requests in flight, on 4 connections.
export async function h2load(context, url, { body, headers = {}, in_flight = 64, seconds, http1 = false }) {
  const log = join(context.fresh('h2load'), 'log');
  const connections = http1 ? in_flight : 4;
  const words = ['h2load', '-t', '1', '-c', String(connections), '-D', String(seconds), '-d', body, `--log-file=${log}`];
  words.push(...(http1 ? ['--h1'] : ['-m', String(in_flight / connections)]));
  for (const [name, value] of Object.entries(headers)) words.push('-H', `${name}: ${value}`);
  const text = await output_of([...words, url]);
  const done = Number(/(\d+) succeeded/.exec(text)[1]);
  const failed = Number(/(\d+) failed/.exec(text)[1]);
  if (failed > 0 || done === 0) throw new Error(`h2load ${url}: not every request was answered\n${text}`);
  const took = readFileSync(log, 'latin1').trimEnd().split('\n').map((line) => Number(line.split('\t')[2])).sort((a, b) => a - b);
  rmSync(log);
  const at = (share) => took[Math.floor(share * (took.length - 1))];
  return { operations: done, per_second: Number(/, ([\d.]+) req\/s/.exec(text)[1]), p50_us: at(0.5), p99_us: at(0.99) };
}

// Protobuf by hand: fields of bytes are all that a call needs.
function varint(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return Buffer.from([...bytes, number]);
}
export function field(number, value) {
  const data = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(data.length), data]);
}
export function grpc_frame(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

// One call, to be sure that what is measured is an answer: its gRPC status and its message.
export function grpc_call(address, path, frame) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${address}`);
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    const parts = [];
    let status;
    stream.on('response', (headers) => (status = headers['grpc-status']));
    stream.on('trailers', (headers) => (status = headers['grpc-status'] ?? status));
    stream.on('data', (data) => parts.push(data));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve({ status: Number(status), message: Buffer.concat(parts).subarray(5) });
    });
    stream.end(frame);
  });
}
