// client.mjs URL [AGREEMENT]: Node's `ws` as a client of a server that speaks the language of README.md. With an agreement on
// compression, which is what the server usually comes to, URL leads through relay.mjs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { countBytes, merge, terms } from './compression.mjs';
const { WebSocket } = createRequire(import.meta.url)('ws');

const [url, agreement] = process.argv.slice(2);
const LIMIT = 16 * 1024 * 1024;
const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1024 * 1024, LIMIT];
const TEXT = '안녕하세요, 매듭 🪢 und ein Gruß an alle 👩‍🚀';
const REASON = '끝났습니다 👋';
const LONGEST_REASON = '끝'.repeat(41); // 123 bytes: the most that fit
let number = 0;

/** A connection that queues what arrives: `next()` gives the next message, `end` how it ended. */
async function dial({ path = `/node/${++number}`, protocols = [], offer = {} } = {}) {
  const ws = new WebSocket(url + path, protocols, { perMessageDeflate: { threshold: 0, ...offer } });
  const messages = [];
  const waiting = [];
  const end = new Promise((resolve) => ws.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
  let extensions; // `ws.extensions` lacks the parameters
  ws.on('upgrade', ({ headers }) => { extensions = headers['sec-websocket-extensions']; });
  ws.on('message', (data, isBinary) => {
    const message = isBinary ? data : String(data);
    waiting.length ? waiting.shift().resolve(message) : messages.push(message);
  });
  ws.on('close', (code) => waiting.forEach(({ reject }) => reject(new Error(`the end (${code}) instead of a message`))));
  const next = () =>
    messages.length ? messages.shift() : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const ask = (message) => { ws.send(message); return next(); };
  await once(ws, 'open');
  ws.on('error', () => {}); // a connection that is cut shows in `end`
  return { ws, path, extensions, next, ask, end };
}

/** How the server saw the end of this connection. */
async function seen({ path }) {
  const other = await dial();
  const answer = JSON.parse(await other.ask(`!seen ${path}`));
  other.ws.close();
  delete answer.cause;
  return answer;
}

/** How many bytes a connection has carried, to the server and to the client. */
async function wire({ path }) {
  const response = await fetch(`${url.replace('ws', 'http')}/!wire${path}`);
  return (await response.text()).split(' ').map(Number);
}

const plain = {
  async 'compression is offered and declined'() {
    const { ws, ask } = await dial();
    assert.match(await ask('!offer'), /permessage-deflate/);
    assert.equal(ws.extensions, '');
    ws.close();
  },
};

const compressed = {
  async 'compression is agreed, and shows on the wire'() {
    for (const [wish, offer] of [
      ['', {}],
      ['; server_no_context_takeover', { serverNoContextTakeover: true }],
      ['; client_no_context_takeover', { clientNoContextTakeover: true }],
      ['; server_max_window_bits=10', { serverMaxWindowBits: 10 }],
      ['; client_max_window_bits=10', { clientMaxWindowBits: 10 }],
    ]) {
      const connection = await dial({ offer });
      const agreed = terms(connection.extensions ?? 'nothing');
      assert.deepEqual(agreed, merge(terms(agreement), terms(`permessage-deflate${wish}`)));
      const echo = async (message) => assert.deepEqual(Buffer.from(await connection.ask(message)), Buffer.from(message));
      await countBytes(agreed, echo, () => wire(connection));
      connection.ws.close();
    }
  },
};

const checks = {
  async 'text is echoed'() {
    const { ws, ask } = await dial();
    for (const text of ['', 'a', TEXT, '가'.repeat(100_000)]) assert.equal(await ask(text), text);
    ws.close();
  },
  async 'binary of every length form is echoed'() {
    const { ws, ask } = await dial();
    for (const size of SIZES) {
      const data = Buffer.alloc(size).map((_, i) => i);
      assert.ok(data.equals(await ask(data)), `${size} bytes`);
    }
    ws.close();
  },
  async 'text in fragments that cut characters, with pings between'() {
    const { ws, next } = await dial();
    const raw = Buffer.from(TEXT);
    for (let i = 0; i < raw.length; i++) {
      ws.send(raw.subarray(i, i + 1), { binary: false, fin: i === raw.length - 1 });
      if (i % 10 === 0) {
        ws.ping(`ping ${i}`);
        assert.equal(String((await once(ws, 'pong'))[0]), `ping ${i}`);
      }
    }
    assert.equal(await next(), TEXT);
    ws.close();
  },
  async 'a message of the server in fragments'() {
    const { ws, ask } = await dial();
    const whole = Array.from({ length: 100 }, (_, i) => `조각${i + 1} `).join('');
    assert.equal(await ask('!fragments 100'), whole);
    ws.close();
  },
  async 'pings of the client are answered with their payload'() {
    const { ws } = await dial();
    for (const payload of ['', 'p', REASON, 'p'.repeat(125)]) {
      ws.ping(payload);
      assert.equal(String((await once(ws, 'pong'))[0]), payload);
    }
    ws.close();
  },
  async 'pings of the server are answered with their payload'() {
    const { ws, ask } = await dial();
    for (const payload of ['p', REASON, 'p'.repeat(125)]) assert.equal(await ask(`!ping ${payload}`), `pong ${payload}`);
    ws.close();
  },
  async 'a thousand messages without waiting'() {
    const { ws, next } = await dial();
    for (let i = 0; i < 1000; i++) ws.send(`${i} ${TEXT}`);
    for (let i = 0; i < 1000; i++) assert.equal(await next(), `${i} ${TEXT}`);
    ws.close();
  },
  async 'the client closes'() {
    for (const [code, reason] of [[1000, ''], [1001, 'bye'], [3000, REASON], [4999, LONGEST_REASON]]) {
      const connection = await dial();
      connection.ws.close(code, reason);
      assert.equal((await connection.end).code, code);
      assert.deepEqual(await seen(connection), { code, clean: true, begun_by: 'peer', reason });
    }
  },
  async 'the server closes'() {
    for (const [code, reason] of [[1000, ''], [1011, 'oops'], [3000, REASON], [4001, LONGEST_REASON]]) {
      const connection = await dial();
      connection.ws.send(`!close ${code} ${reason}`);
      assert.deepEqual(await connection.end, { code, reason });
      const { reason: _, ...rest } = await seen(connection); // the reason need not be echoed
      assert.deepEqual(rest, { code, clean: true, begun_by: 'local' });
    }
  },
  async 'the client closes without a code'() {
    const connection = await dial();
    connection.ws.close();
    assert.equal((await connection.end).code, 1005);
    assert.deepEqual(await seen(connection), { code: 1005, clean: true, begun_by: 'peer', reason: '' });
  },
  async 'the server closes without a code'() {
    const connection = await dial();
    connection.ws.send('!close');
    assert.deepEqual(await connection.end, { code: 1005, reason: '' });
    assert.deepEqual(await seen(connection), { code: 1005, clean: true, begun_by: 'local', reason: '' });
  },
  async 'the client cuts the connection'() {
    const connection = await dial();
    assert.equal(await connection.ask('here'), 'here');
    connection.ws.terminate();
    assert.deepEqual(await seen(connection), { code: 1006, clean: false, begun_by: 'peer', reason: '' });
  },
  async 'the server cuts the connection'() {
    const { ws, end } = await dial();
    ws.send('!drop');
    assert.deepEqual(await end, { code: 1006, reason: '' });
  },
  async 'a message above the limit ends with 1009'() {
    for (const pieces of [[LIMIT + 1], [LIMIT, 1]]) { // in one frame, in two
      const connection = await dial();
      pieces.forEach((size, i) => connection.ws.send(Buffer.alloc(size), { fin: i === pieces.length - 1 }));
      assert.equal((await connection.end).code, 1009);
      assert.equal((await seen(connection)).begun_by, 'local');
    }
  },
  async 'a subprotocol is agreed'() {
    const { ws } = await dial({ path: '/chat/both', protocols: ['superchat', 'chat'] });
    assert.equal(ws.protocol, 'chat');
    ws.close();
  },
  async 'no subprotocol is agreed, which this client takes for an error'() {
    for (const [path, protocols] of [['/chat/other', ['superchat']], ['/none', ['chat']]]) {
      await assert.rejects(dial({ path, protocols }), /Server sent no subprotocol/);
    }
  },
  async 'refusals have status and body'() {
    for (const status of [401, 403, 404, 503]) {
      const ws = new WebSocket(`${url}/refuse/${status}`);
      const [, response] = await once(ws, 'unexpected-response');
      assert.equal(response.statusCode, status);
      const body = Buffer.concat(await response.toArray());
      assert.equal(String(body).trim(), `refused with ${status}`);
    }
  },
  ...(agreement ? compressed : plain),
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const timeout = new Promise((_, reject) => setTimeout(reject, 60_000, new Error('timed out')).unref());
  try {
    await Promise.race([check(), timeout]);
    console.log('ok  ', name);
  } catch (error) {
    failed++;
    console.log('FAIL', name, '-', error.message);
  }
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
