// One hop between a caller and a module, 64 calls in flight: the router against the proxies that
// people put there.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stop_of } from '../frame/context.mjs';
import { field, grpc_call, grpc_frame, h2load } from '../frame/h2load.mjs';
import { Process, free_port } from '../frame/processes.mjs';

const body_bytes = 1024;
const unavailable = 14, not_found = 5; // gRPC's numbers: it is connecting, or does not know the module yet
const schema_text = 'module bench {\n  export verb echo(Any) Any\n}\n';
const request = grpc_frame(Buffer.concat([
  field(1, Buffer.concat([field(1, 'bench'), field(2, 'echo')])),
  field(2, JSON.stringify('x'.repeat(body_bytes - 2))),
  field(3, Buffer.concat([field(1, 'millrace-request-id'), field(2, 'req-0123456789abcdefghij')])),
]));

// The schema service with the module, which every side calls.
export async function start_module(context, text, answer = []) {
  const schema = await context.service('schema');
  const port = await free_port();
  const words = ['run', context.write('bench.schema', text), '--schema', schema.address, '--port', String(port), '--',
    context.program('bench_module'), ...answer];
  const run = new Process([context.program('millrace'), ...words], { log: join(context.fresh('run'), 'log') });
  await run.until(async () => (await context.millrace(['ps', '--schema', schema.address])).includes('canonical'), 60);
  return { schema, address: `127.0.0.1:${port}`, stop: stop_of(schema, { stop: () => run.stop() }) };
}

async function side(context, hop, service, module) {
  const path = `/millrace.v2alpha1.${service}/Call`;
  let answer = await grpc_call(hop.address, path, request);
  for (let i = 0; i < 50 && [unavailable, not_found].includes(answer.status); ++i) {
    await sleep(100);
    answer = await grpc_call(hop.address, path, request);
  }
  if (answer.status !== 0 || answer.message.length < body_bytes) throw new Error(`${hop.process.words[0]} does not carry the call: status ${answer.status}, ${answer.message.length} bytes`);
  const body = context.write('call', request);
  const headers = { 'content-type': 'application/grpc', te: 'trailers' };
  const measure = (seconds) => h2load(context, `http://${hop.address}${path}`, { body, headers, seconds });
  return { measure, measured: [hop.process, ...(hop.more ?? [])], stop: stop_of(module, hop) };
}

async function millrace(context) {
  const module = await start_module(context, schema_text);
  const routing = await context.service('routing', { 'routing.schema': module.schema.address, 'routing.timeline': '' });
  return side(context, routing, 'RoutingService', module);
}

async function haproxy(context) {
  const module = await start_module(context, schema_text);
  const port = await free_port();
  const config = context.write('haproxy.cfg', `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend calls
  bind 127.0.0.1:${port} proto h2
  default_backend module
backend module
  server one ${module.address} proto h2
`);
  return side(context, await context.server(['haproxy', '-f', config], port), 'VerbService', module);
}

async function nginx(context) {
  const module = await start_module(context, schema_text);
  const port = await free_port();
  const folder = context.fresh('nginx');
  writeFileSync(join(folder, 'nginx.conf'), `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream module { server ${module.address}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} http2;
    http2_max_requests 100000000;
    keepalive_requests 100000000;
    location / { grpc_pass grpc://module; }
  }
}
`);
  return side(context, await context.server(['nginx', '-c', join(folder, 'nginx.conf')], port), 'VerbService', module);
}

export const rows = [{
  name: 'routing-hop',
  what: `one hop between a caller and a module, 64 calls in flight, ${body_bytes} bytes`,
  aim: 'less CPU, and a lower p99, than haproxy and nginx',
  compare: { cpu_us: 'less', p99_us: 'less' },
  packages: ['haproxy', 'nginx-light', 'nghttp2-client'],
  sides: { 'millrace-routing': millrace, haproxy, nginx },
}];
