// socketioxide.mjs URL: the stock `socket.io-client` as the client of the server in `socketioxide/`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { run, until } from './client.mjs';
const { io } = createRequire(import.meta.url)('socket.io-client');

const url = process.argv[2];
const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));

/** A connected client. Without `transports` it begins with long polling, and upgrades to WebSocket. */
async function connected(options = { transports: ['websocket'] }) {
  const socket = io(url, { forceNew: true, reconnectionDelay: 10, ...options });
  const id = await next(socket, 'welcome');
  assert.equal(id, socket.id);
  return socket;
}

await run({
  async 'events and acknowledgements'() {
    const socket = await connected();
    assert.equal(socket.io.engine.transport.name, 'websocket');
    const data = { text: 'Grüße 🪢', list: [1, 2.5, null, true], long: 'x'.repeat(100_000) };
    socket.emit('echo', data);
    assert.deepEqual(await next(socket, 'echoed'), data);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => socket.emitWithAck('double', n)));
    assert.deepEqual(answers, Array.from({ length: 200 }, (_, n) => 2 * n));
    socket.close();
  },

  async 'binary data'() {
    const socket = await connected();
    for (const size of [0, 1, 125, 126, 65536, 90_000]) {
      const bytes = Buffer.alloc(size, 7);
      bytes[0] = 1;
      const back = await socket.emitWithAck('bytes', bytes);
      assert.deepEqual(Buffer.from(back), Buffer.from(bytes).reverse(), `${size} bytes`);
    }
    socket.close();
  },

  async 'heartbeats keep the connection'() {
    const socket = await connected();
    let pings = 0;
    socket.io.engine.on('ping', () => pings++);
    await until(() => pings >= 5);
    assert(socket.connected);
    socket.close();
  },

  async 'an upgrade from long polling'() {
    const socket = await connected({ transports: ['polling', 'websocket'] });
    if (socket.io.engine.transport.name !== 'websocket') await next(socket.io.engine, 'upgrade');
    assert.equal(socket.io.engine.transport.name, 'websocket');
    assert.equal(await socket.emitWithAck('double', 21), 42);
    socket.close();
  },

  async 'the client reconnects after the stream was cut'() {
    const socket = await connected();
    const before = socket.id;
    const lost = next(socket, 'disconnect');
    socket.io.engine.transport.ws._socket?.destroy() ?? socket.io.engine.close();
    assert.match(await lost, /transport (close|error)|forced close/);
    const id = await next(socket, 'welcome');
    assert.notEqual(id, before);
    assert.equal(await socket.emitWithAck('double', 4), 8);
    socket.close();
  },

  async 'the server disconnects'() {
    const socket = await connected();
    socket.emit('leave');
    assert.equal(await next(socket, 'disconnect'), 'io server disconnect');
    socket.close();
  },
});
