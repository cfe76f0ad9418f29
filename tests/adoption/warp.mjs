// warp.mjs URL: Node's `ws` as the client of the server in `warp/`.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { open, run, until } from './client.mjs';

const url = process.argv[2];

await run({
  async 'messages come back through forward'() {
    const ws = await open(`${url}echo`);
    for (let n = 0; n < 1000; n++) ws.send(n % 2 ? Buffer.alloc(n, n) : `${n}`);
    await until(() => ws.messages.length === 1000);
    ws.messages.forEach((data, n) => assert.deepEqual(data, n % 2 ? Buffer.alloc(n, n) : `${n}`));
    ws.close(4000, 'done');
    assert.equal((await once(ws, 'close'))[0], 4000);
  },

  async 'the server closes with a code and a reason'() {
    const ws = await open(`${url}goodbye`);
    const [code, reason] = await once(ws, 'close');
    assert.deepEqual([ws.messages, code, String(reason)], [['Goodbye'], 4002, 'over']);
  },
});
