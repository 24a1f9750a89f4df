// Checking 1,000 modules of 20 declarations each, all of them and one that changed, against protoc on as many files.
import { json_of } from '../frame/processes.mjs';

const side = (kind) => async (context) => {
  const folder = context.fresh('modules');
  return { measure: (seconds) => json_of([context.program('schema_load'), kind, folder, String(seconds)]), stop: async () => {} };
};

export const rows = [['schema-check', 'check', 'text, references and every rule'], ['schema-changed', 'changed', 'one of them has changed']].map(
  ([name, kind, what]) => ({
    name,
    what: `1,000 modules of 20 declarations: ${what}`,
    aim: 'less than protoc',
    compare: { seconds: 'less', cpu_us: 'less' },
    packages: ['protobuf-compiler'],
    sides: { [`schema ${kind}`]: side(kind), protoc: side('protoc') },
  }),
);
