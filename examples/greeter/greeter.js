// The module `greeter` in Node: a gRPC server with two methods, on @grpc/grpc-js alone. Try:
//   npm ci && millrace run greeter.schema -- node greeter.js
'use strict';
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const protos = path.join(__dirname, '../../protos');
const definition = loader.loadSync('v2alpha1/verb.proto', { includeDirs: [protos] });
const { VerbService } = grpc.loadPackageDefinition(definition).millrace.v2alpha1;

// One function for each verb: what HTTP brought in, what HTTP takes back.
const verbs = {
  greet({ body }) {
    const times = Number(body.times ?? 1);
    if (times < 1 || times > 100) {
      return { status: 400, error: 'times must be from 1 to 100' };
    }
    return { status: 201, body: { messages: Array(times).fill(`Hello, ${body.name}!`) } };
  },
};

function call({ request }, done) {
  try {
    const answer = verbs[request.verb.name](JSON.parse(request.body));
    done(null, { body: Buffer.from(JSON.stringify(answer)) });
  } catch (error) {
    done(null, { error: { code: 'failed', message: error.message } });
  }
}

const port = process.env.PORT;
if (!port) {
  console.error('start this with: millrace run greeter.schema -- node greeter.js');
  process.exit(1);
}
const server = new grpc.Server();
server.addService(VerbService.service, { Ping: (_, done) => done(null, { ready: true }), Call: call });
const host = process.env.MILLRACE_RUN_HOST ?? '127.0.0.1';
server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) {
    console.error(`cannot listen on port ${port}: ${error.message}`);
    process.exit(1);
  }
});
