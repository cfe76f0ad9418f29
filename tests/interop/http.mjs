// http.mjs URL [windows | compressed]: Node's `ws` over HTTP/1.1, and Node's own HTTP/2, as clients of an echo server in an HTTP
// library. With `compressed`, the server compresses, and headless Chromium is a client, too.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2, { constants } from 'node:http2';
import { createRequire } from 'node:module';
import { Browser } from './browser.mjs';
const { WebSocket } = createRequire(import.meta.url)('ws');

const [url, option] = process.argv.slice(2);
const http = url.replace('ws', 'http');

/** A masked frame whose payload is under 126 bytes. */
function frame(opcode, payload) {
  const key = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.from(payload).map((byte, at) => byte ^ key[at % 4]);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | masked.length]), key, masked]);
}

/** A connection over HTTP/2 to the server, for as long as `use` takes. */
async function connected(use) {
  const session = http2.connect(http);
  const [settings] = await once(session, 'remoteSettings');
  try {
    await use(session, settings);
  } finally {
    session.destroy();
  }
}

/** The stream and the status that answers it. */
async function ask(session, headers, options) {
  const stream = session.request({ ':path': '/', 'sec-websocket-version': '13', ...headers }, options);
  const [answer] = await once(stream, 'response');
  return { stream, answer, status: answer[':status'] };
}

const connect = { ':method': 'CONNECT', ':protocol': 'websocket' };

const tests = {
  async 'ws: messages of all sizes come back'() {
    const ws = new WebSocket(url);
    await once(ws, 'open');
    for (const size of [0, 1, 125, 126, 65535, 65536, 1024 * 1024]) {
      const data = Buffer.alloc(size, 'x');
      ws.send(data);
      const [back, isBinary] = await once(ws, 'message');
      assert(isBinary && data.equals(back));
    }
    ws.send('Grüße 🪢');
    assert.equal(String((await once(ws, 'message'))[0]), 'Grüße 🪢');
    ws.close(4321, 'bye');
    const [code, reason] = await once(ws, 'close');
    assert.deepEqual([code, String(reason)], [4321, '']); // the code is answered, the reason is not
  },

  async 'fetch: a request that is no handshake is told what it should be'() {
    const response = await fetch(http);
    assert.equal(response.status, 426);
    assert.equal(response.headers.get('sec-websocket-version'), '13');
    assert.match(await response.text(), /Upgrade is missing: expected websocket \(RFC 6455 §4\.1\)/);
  },

  async 'HTTP/2: extended CONNECT is announced, and opens a WebSocket'() {
    await connected(async (session, settings) => {
      assert.equal(settings.enableConnectProtocol, true);
      const { stream, answer, status } = await ask(session, connect, { endStream: false });
      assert.equal(status, 200);
      assert.equal(answer['sec-websocket-accept'], undefined);
      const bytes = Buffer.concat([frame(1, 'Hello'), frame(2, [1, 2, 3]), frame(8, [3, 232])]);
      for (const byte of bytes) stream.write(Buffer.from([byte]));
      const received = [];
      for await (const data of stream) received.push(data);
      assert.equal(Buffer.concat(received).toString('latin1'), '\x81\x05Hello\x82\x03\x01\x02\x03\x88\x02\x03\xe8');
    });
  },

  async 'HTTP/2: a clean close ends both halves, and resets nothing'() {
    await connected(async (session) => {
      for (const pause of [0, 200]) {
        const { stream } = await ask(session, connect, { endStream: false });
        stream.write(frame(8, [3, 232]));
        stream.resume();
        await once(stream, 'end');
        await new Promise((resolve) => setTimeout(resolve, pause)); // a server that does not wait resets the stream now
        assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
        assert(!stream.closed);
        stream.end();
        await once(stream, 'close');
        assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
      }
    });
  },

  async 'HTTP/2: what is refused, and how'() {
    await connected(async (session) => {
      for (const [headers, expected] of [
        [{ ...connect, ':protocol': 'other' }, 501],
        [{ ...connect, 'sec-websocket-version': '8' }, 400],
        [{ ':method': 'GET' }, 405],
      ]) {
        const { stream, status } = await ask(session, headers, { endStream: true });
        assert.equal(status, expected);
        stream.resume();
        await once(stream, 'close');
      }
    });
  },
};

if (option === 'windows') {
  tests['HTTP/2: WebSockets that are not read cannot fill the window of the connection'] = () =>
    connected(async (session, { initialWindowSize, maxConcurrentStreams }) => {
      await new Promise((resolve) => session.ping(resolve)); // by now, its window has been announced
      const { remoteWindowSize } = session.state;
      assert(maxConcurrentStreams <= 1000 && remoteWindowSize > maxConcurrentStreams * initialWindowSize,
        `${maxConcurrentStreams} streams of ${initialWindowSize} bytes, ${remoteWindowSize} bytes for all of them`);
    });
}

if (option === 'compressed') {
  const text = 'all work and no play '.repeat(10_000);

  tests['ws: messages are compressed'] = async () => {
    const ws = new WebSocket(url);
    await once(ws, 'open');
    assert.equal(ws.extensions, 'permessage-deflate');
    for (let round = 0; round < 3; round += 1) {
      ws.send(text);
      assert.equal(String((await once(ws, 'message'))[0]), text);
    }
    const { bytesRead, bytesWritten } = ws._socket;
    assert(Math.max(bytesRead, bytesWritten) < text.length / 10, `${bytesRead} and ${bytesWritten} bytes on the wire`);
    ws.close(1000);
    assert.equal((await once(ws, 'close'))[0], 1000);
  };

  tests['Chromium: messages are compressed'] = async () => {
    const browser = await Browser.start();
    const page = await browser.page();
    const seen = await page.evaluate(`new Promise((done) => {
      const ws = new WebSocket(${JSON.stringify(url)}), text = ${JSON.stringify(text)};
      let back;
      ws.onopen = () => ws.send(text);
      ws.onmessage = (event) => { back = event.data === text; ws.close(1000); };
      ws.onclose = ({ code, wasClean }) => done({ back, code, wasClean, extensions: ws.extensions });
    })`);
    await browser.stop();
    assert.deepEqual(seen, { back: true, code: 1000, wasClean: true, extensions: 'permessage-deflate' });
  };
}

let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
