// Ports for what is told its port, or comes back to the one it had: free now, and below those that
// the system hands out by itself and those of the tests in C++, so that nobody takes one in between.
import { createServer } from "node:net";

const FIRST = 16_000;
const COUNT = 4_000;

export async function quietPort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const probe = createServer();
    const free = await new Promise((done) => {
      probe.once("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => done(true));
    });
    if (!free) continue;
    await new Promise((done) => probe.close(done));
    return port;
  }
}
