// axum.mjs URL: Node's `ws` as the client of the server in `axum/`.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { open, run, until } from './client.mjs';

const url = process.argv[2];

await run({
  async 'messages of all sizes come back'() {
    const ws = await open(`${url}echo`);
    for (const size of [0, 1, 125, 126, 65535, 65536, 4 * 1024 * 1024]) {
      const data = Buffer.alloc(size, size);
      ws.send(data);
      const [back, isBinary] = await once(ws, 'message');
      assert(isBinary && data.equals(back), `${size} bytes`);
    }
    ws.send('Grüße 🪢');
    assert.equal(String((await once(ws, 'message'))[0]), 'Grüße 🪢');
    assert.equal(ws.extensions, '', 'axum negotiates no extension');
    ws.close();
    await once(ws, 'close');
  },

  async 'fragments become one message'() {
    const ws = await open(`${url}echo`);
    ws.send('a', { fin: false });
    ws.send('b', { fin: false });
    ws.send('c', { fin: true });
    assert.equal(String((await once(ws, 'message'))[0]), 'abc');
    ws.terminate();
  },

  async 'a ping is answered'() {
    const ws = await open(`${url}echo`);
    ws.ping('beat');
    assert.equal(String((await once(ws, 'pong'))[0]), 'beat');
    ws.terminate();
  },

  async 'many messages at once come back in order'() {
    const ws = await open(`${url}echo`);
    for (let n = 0; n < 2000; n++) ws.send(`${n}`.repeat(100));
    await until(() => ws.messages.length === 2000);
    ws.messages.forEach((text, n) => assert.equal(text, `${n}`.repeat(100)));
    ws.close();
    await once(ws, 'close');
  },

  async 'both halves of a split connection work at the same time'() {
    const ws = await open(`${url}split`);
    for (let n = 0; n < 100; n++) ws.send(Buffer.from([n]));
    const [code] = await once(ws, 'close');
    assert.equal(code, 1005, 'the sink was closed without a code');
    assert.deepEqual(ws.messages, Array.from({ length: 1000 }, (_, n) => `${n}`));
  },

  async 'the server closes with a code and a reason'() {
    for (const [code, reason] of [[1000, ''], [1001, 'going away'], [4001, 'Grüße'], [1011, 'x'.repeat(123)]]) {
      const ws = await open(`${url}goodbye`);
      ws.send(`${code} ${reason}`);
      const [received, text] = await once(ws, 'close');
      assert.deepEqual([received, String(text)], [code, reason]);
    }
  },

  async 'the server sees the code and the reason of the client'() {
    const last = async () => (await fetch(`${url.replace('ws', 'http')}last`)).text();
    for (const [args, expected] of [[[4000, 'done'], '4000 done'], [[1000], '1000 '], [[], 'no code']]) {
      const ws = await open(`${url}closed`);
      ws.close(...args);
      const [code] = await once(ws, 'close');
      assert.equal(code, args[0] ?? 1005, 'the code is echoed');
      await until(async () => (await last()) === expected);
    }
  },

  async 'a message over the limit ends the connection with 1009'() {
    const ws = await open(`${url}limited`);
    ws.send(Buffer.alloc(1000));
    assert.equal((await once(ws, 'message'))[0].length, 1000);
    ws.send(Buffer.alloc(1001));
    assert.equal((await once(ws, 'close'))[0], 1009);
  },

  async 'a violation ends the connection with its code'() {
    for (const [bytes, code] of [['8b80000000', 1002], ['c181000000006f', 1002], ['818100000000ff', 1007]]) {
      const ws = await open(`${url}echo`);
      ws._socket.write(Buffer.from(bytes, 'hex'));
      assert.equal((await once(ws, 'close'))[0], code, bytes);
    }
  },

  async 'subprotocols'() {
    for (const [offered, chosen] of [[['chat.v1'], 'chat.v1'], [['x', 'chat.v1', 'chat.v2'], 'chat.v2']]) {
      const ws = await open(`${url}protocols`, offered);
      assert.equal(ws.protocol, chosen);
      await until(() => ws.messages.length);
      assert.deepEqual(ws.messages, [chosen]);
      ws.terminate();
    }
    const ws = await open(`${url}protocols`);
    await until(() => ws.messages.length);
    assert.deepEqual(ws.messages, ['none']);
    ws.terminate();
  },

  async 'the end of the stream without a Close frame is an error for the server'() {
    const ws = await open(`${url}closed`);
    ws.terminate();
    const last = async () => (await fetch(`${url.replace('ws', 'http')}last`)).text();
    await until(async () => (await last()).startsWith('error: '));
  },
});
