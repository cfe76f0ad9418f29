// What the scripts here share: clients with Node's `ws`, and a runner.
import { once } from 'node:events';
import { createRequire } from 'node:module';
const { WebSocket } = createRequire(import.meta.url)('ws');

/** A connection that is open. Its `messages` are all that arrive, also together with the handshake. */
export async function open(url, protocols) {
  const ws = new WebSocket(url, protocols);
  ws.messages = [];
  ws.on('message', (data, isBinary) => ws.messages.push(isBinary ? data : String(data)));
  await once(ws, 'open');
  return ws;
}

/** Asks until the answer is yes. Only a test that hangs reaches the end. */
export async function until(ask) {
  for (let n = 0; n < 600; n++) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`in vain: ${ask}`);
}

/** Runs the tests one after the other, and ends the process. */
export async function run(tests) {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${error.stack}`);
    }
  }
  process.exit(failed ? 1 : 0);
}
