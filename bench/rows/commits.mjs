// Durable commits from one client and from 32, through the schema service, against etcd on the same disk.
import { etcd_quota, stop_of } from '../frame/context.mjs';
import { json_of } from '../frame/processes.mjs';

const bytes = 1000;

function load(context, kind, server, clients) {
  return (seconds) => json_of([context.program('commit_load'), kind, server.address, String(clients), String(seconds), String(bytes)]);
}

const on_sqlite = (clients) => async (context) => {
  const schema = await context.service('schema');
  return { measure: load(context, 'schema', schema, clients), measured: [schema.process], stop: schema.stop };
};

// The service with an etcd below it: both are what a commit costs.
const on_etcd = (clients) => async (context) => {
  const store = await context.etcd();
  const url = `etcd://${store.address}/bench?quota=${etcd_quota}`;
  const schema = await context.service('schema', { 'schema.journal': url });
  return { measure: load(context, 'schema', schema, clients), measured: [schema.process, store.process], stop: stop_of(store, schema) };
};

const etcd = (clients) => async (context) => {
  const server = await context.etcd();
  return { measure: load(context, 'etcd', server, clients), measured: [server.process], stop: server.stop };
};

const row = (name, on, ours, aim, clients) => ({
  name: `${name}-${clients}`,
  what: `durable commits of ${bytes} bytes a second from ${clients} client${clients > 1 ? 's' : ''}, ${on}`,
  aim,
  compare: { per_second: 'more', cpu_us: 'less' },
  packages: ['etcd-server'],
  sides: { [`schema ${on}`]: ours(clients), etcd: etcd(clients) },
});

export const rows = [
  ...[1, 32].map((clients) => row('commits', 'on SQLite', on_sqlite, 'twice etcd', clients)),
  ...[1, 32].map((clients) => row('commits-on-etcd', 'on etcd', on_etcd, 'as many as etcd itself', clients)),
];
