// POST with 1 KB of JSON, checked against its type and carried on as a call, 64 requests in flight. nginx, which looks
// at nothing and answers by itself, is the floor below which no HTTP server gets here.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stop_of } from '../frame/context.mjs';
import { h2load } from '../frame/h2load.mjs';
import { free_port, output_of } from '../frame/processes.mjs';
import { start_module } from './routing.mjs';

const schema_text = `module bench {
  export data Line {
    sku String
    count Int
    price Float
  }
  export data Order {
    id String
    customer String
    note String?
    lines [bench.Line]
  }
  export data Accepted {
    ok Bool
  }
  export verb order(builtin.HttpRequest<bench.Order, Unit, Unit>) builtin.HttpResponse<bench.Accepted, String>
    +ingress http POST /orders
}
`;
const lines = Array.from({ length: 16 }, (_, i) => ({ sku: `sku-${10000 + i}`, count: i + 1, price: i * 1.25 + 0.5 }));
const order = JSON.stringify({ id: 'order-0123456789', customer: 'Ada Lovelace', note: 'x'.repeat(140), lines });
const headers = { 'content-type': 'application/json' };

async function check(url) {
  const answer = await fetch(url, { method: 'POST', headers, body: order });
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
}

async function side(context, server, stop) {
  const url = `http://${server.address}/orders`;
  await check(url);
  const body = context.write('order.json', order);
  const measure = (seconds) => h2load(context, url, { body, headers, seconds, http1: true });
  return { measure, measured: [server.process], stop };
}

async function millrace(context) {
  const module = await start_module(context, schema_text, [JSON.stringify({ status: 200, body: { ok: true } })]);
  const at = module.schema.address;
  const routing = await context.service('routing', { 'routing.schema': at, 'routing.timeline': '' });
  const ingress = await context.service('ingress', { 'ingress.schema': at, 'ingress.routing': routing.address, 'ingress.timeline': '' });
  return side(context, ingress, stop_of(module, routing, ingress));
}

async function nginx(context) {
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
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 100000000;
    location / { default_type application/json; return 200 '{"ok":true}'; }
  }
}
`);
  const server = await context.server(['nginx', '-c', join(folder, 'nginx.conf')], port);
  return side(context, server, server.stop);
}

// As its documentation starts it; it turns the JSON into protobuf, so it too meets every field.
async function gateway(context) {
  const folder = join(context.root, 'build/bench/gateway');
  await output_of([join(context.root, 'bench/gateway/build'), folder]);
  const [behind, port] = [await free_port(), await free_port()];
  const module = await context.server([context.program('bench_unary'), String(behind), '0801'], behind);
  const server = await context.server([join(folder, 'gateway'), `127.0.0.1:${port}`, module.address], port);
  return side(context, server, stop_of(module, server));
}

const row = (name, aim, peer, start, packages) => ({
  name,
  what: `POST of ${order.length} bytes of JSON, 64 requests in flight; ours checks it against its type and carries it to routing`,
  aim,
  compare: { cpu_us: 'less', p99_us: 'less' },
  packages: [...packages, 'nghttp2-client'],
  sides: { 'millrace-ingress': millrace, [peer]: start },
});

export const rows = [
  row('ingress-post', 'half the CPU of grpc-gateway', 'grpc-gateway', gateway, ['golang-go', 'golang-github-grpc-ecosystem-grpc-gateway-dev']),
  row('ingress-floor', 'none: nginx is the floor', 'nginx, answering by itself', nginx, ['nginx-light']),
];
