// A client that says nothing of itself, begins many calls and ends none: node stuck_calls.mjs PORT CALLS
// Prints `stuck refused=N` once each is taken as far as it goes, and holds what was taken until it is ended.
import { connect } from 'node:http2';

const [port, calls] = process.argv.slice(2).map(Number);
const message_bytes = 4 * 1024 * 1024;
const head = Buffer.alloc(5);
head.writeUInt32BE(message_bytes, 1);
const most_of_it = Buffer.concat([head, Buffer.alloc(message_bytes - 1000, 1)]);

const session = connect(`http://127.0.0.1:${port}`);
session.on('error', () => {});
let refused = 0;
let taken = 0;
function look() {
  if (refused + taken === calls) console.log(`stuck refused=${refused} `);
}
for (let i = 0; i < calls; ++i) {
  const call = session.request({
    ':method': 'POST', ':path': '/millrace.v2alpha1.SchemaService/ChangeConfig', 'content-type': 'application/grpc', te: 'trailers',
  });
  let over = false;
  const end = (was_refused) => {
    if (over) return;
    over = true;
    if (was_refused) ++refused;
    else ++taken;
    look();
  };
  call.on('error', () => end(true));
  call.write(most_of_it, (error) => end(Boolean(error)));
}
setTimeout(() => {}, 600_000);
