// One commit to many followers, and a follower that has nothing yet, against etcd's watch and range.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { json_of, output_of } from '../frame/processes.mjs';

const bytes = 200;
const modules = 10_000;
const modules_of_deploy = 250;

function load(context, kind, server, followers, writers, rate) {
  return (seconds) => json_of([context.program('stream_load'), kind, server.address,
    ...[followers, seconds, writers, rate, bytes].map(String)]);
}

function sides(followers, writers, rate) {
  const side = (kind, start) => async (context) => {
    const server = await start(context);
    return { measure: load(context, kind, server, followers, writers, rate), measured: [server.process], stop: server.stop };
  };
  return {
    'schema on SQLite': side('feed', (context) => context.service('schema')),
    etcd: side('watch', (context) => context.etcd()),
  };
}

const latency = [1, 100, 1000].map((followers) => ({
  name: `fanout-${followers}`,
  what: `from the begin of a write, 20 a second, until each of ${followers} follower${followers > 1 ? 's' : ''} has it`,
  aim: followers === 1000 ? 'a third of etcd watch' : 'less than etcd watch',
  compare: { p99_us: 'less' },
  packages: ['etcd-server'],
  sides: sides(followers, 1, 20),
}));

const delivered = [1, 100, 1000].map((followers) => ({
  name: `delivered-${followers}`,
  what: `commits delivered a second to ${followers} follower${followers > 1 ? 's' : ''}, from 8 writers that never wait`,
  aim: followers === 1000 ? 'three times etcd watch' : 'more than etcd watch',
  compare: { per_second: 'more' },
  packages: ['etcd-server'],
  sides: sides(followers, 8, 0),
}));

function module_text(number) {
  const name = `bench${String(number).padStart(5, '0')}`;
  const fields = ['id String', 'name String', 'count Int', 'price Float', 'tags [String]', 'when Time?'];
  const data = ['Item', 'Order', 'Event'].map((each) => `  export data ${each} {\n    ${fields.join('\n    ')}\n  }\n`);
  return `module ${name} {\n${data.join('\n')}}\n`;
}

async function deploy_modules(context, schema) {
  const folder = context.fresh('modules');
  for (let first = 0; first < modules; first += modules_of_deploy) {
    const numbers = Array.from({ length: modules_of_deploy }, (_, i) => first + i);
    const file = join(folder, `${first}.schema`);
    writeFileSync(file, numbers.map(module_text).join('\n'));
    await context.millrace(['deploy', file, '--schema', schema.address, '--build', 'bench']);
  }
}

let snapshot_bytes = 0;

const cold = {
  name: 'cold-follower',
  what: `a follower that has nothing gets the state of ${modules} modules`,
  aim: 'half the time of an etcd range of the same bytes',
  compare: { seconds: 'less' },
  packages: ['etcd-server'],
  sides: {
    'schema on SQLite': async (context) => {
      const schema = await context.service('schema');
      await deploy_modules(context, schema);
      const measure = async (seconds) => {
        const figures = await json_of([context.program('cold_load'), 'feed', schema.address, String(seconds)]);
        snapshot_bytes = figures.bytes;
        return figures;
      };
      return { measure, measured: [schema.process], stop: schema.stop };
    },
    etcd: async (context) => {
      const server = await context.etcd();
      const each = Math.ceil(snapshot_bytes / modules);
      await output_of([context.program('cold_load'), 'fill', server.address, String(modules), String(each)]);
      const measure = (seconds) => json_of([context.program('cold_load'), 'range', server.address, String(seconds)]);
      return { measure, measured: [server.process], stop: server.stop };
    },
  },
};

export const rows = [...latency, ...delivered, cold];
