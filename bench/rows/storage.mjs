// What the second generation of the SQLite store gains over the first, in stores of a million commits.
import { json_of } from '../frame/processes.mjs';

const side = (generation) => async (context) => {
  const folder = context.fresh(`generation-${generation}`);
  const words = [context.program('storage_load'), String(generation), folder, String(context.commits)];
  return { measure: (seconds) => json_of([...words, String(seconds)]), stop: async () => {} };
};

export const rows = [{
  name: 'generations',
  what: 'a store of --commits commits: opening it (s), then commits a second in writes of 64, and its size',
  aim: 'smaller, and opened and written to no more slowly',
  compare: { seconds: 'less', per_second: 'more', bytes_per_commit: 'less' },
  packages: [],
  sides: { 'generation 2': side(2), 'generation 1': side(1) },
}];
