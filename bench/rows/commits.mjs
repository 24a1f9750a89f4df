// Durable commits from one client and from 32, through the schema service, against etcd on the same disk.
import { json_of } from '../frame/processes.mjs';

const bytes = 1000;

function load(context, kind, server, clients) {
  return (seconds) => json_of([context.program('commit_load'), kind, server.address, String(clients), String(seconds), String(bytes)]);
}

const on_sqlite = (clients) => async (context) => {
  const schema = await context.service('schema');
  return { measure: load(context, 'schema', schema, clients), measured: [schema.process], stop: schema.stop };
};

const etcd = (clients) => async (context) => {
  const server = await context.etcd();
  return { measure: load(context, 'etcd', server, clients), measured: [server.process], stop: server.stop };
};

export const rows = [1, 32].map((clients) => ({
  name: `commits-${clients}`,
  what: `durable commits of ${bytes} bytes a second from ${clients} client${clients > 1 ? 's' : ''}`,
  aim: 'twice etcd',
  compare: { per_second: 'more' },
  packages: ['etcd-server'],
  sides: { 'schema on SQLite': on_sqlite(clients), etcd: etcd(clients) },
}));
