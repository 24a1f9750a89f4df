// What a journal driver makes durable, without the service in front of it, against a plain file on the same disk.
// A driver or a generation of one joins as a further side: its URL, with {} for the folder.
import { json_of } from '../frame/processes.mjs';

const bytes = 1000;

const side = (url, group) => async (context) => ({
  measure: (seconds) => json_of([context.program('journal_load'), url, context.fresh('journal'), ...[seconds, group, bytes].map(String)]),
  stop: async () => {},
});

export const rows = [1, 64].map((group) => ({
  name: `journal-${group}`,
  what: `commits of ${bytes} bytes a second straight into the journal, ${group} in each durable write`,
  aim: 'near the file',
  compare: { per_second: 'more' },
  packages: [],
  sides: {
    SQLite: side('sqlite:{}/journal.db', group),
    'a file with fdatasync': side('file', group),
  },
}));
