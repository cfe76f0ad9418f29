// A relay of bytes, for faults that a network has: connections that are cut, bytes that vanish, a door that is shut.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Faults {
  /** In which directions bytes vanish: "up" is to the server, "down" is to the client. */
  #vanish = new Set();
  #shut = false;
  #pairs = new Set();
  #server;

  static async before(url) {
    const { hostname: host, port } = new URL(url);
    const relay = new Faults();
    relay.#server = createServer((client) => relay.#join(client, connect({ host, port })));
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  #join(client, server) {
    const pair = [client, server];
    if (this.#shut) return pair.forEach((socket) => socket.destroy());
    this.#pairs.add(pair);
    for (const [from, to, direction] of [[client, server, 'up'], [server, client, 'down']]) {
      from.setNoDelay();
      from.on('data', (bytes) => { if (!this.#vanish.has(direction)) to.write(bytes); });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => this.#pairs.delete(pair));
    }
  }

  /** From now on, what goes in this direction is lost, and nobody is told. */
  swallow(direction) {
    this.#vanish.add(direction);
  }

  /** Cuts all connections, without a Close frame, and lets nobody through until `mend`. */
  cut() {
    this.#shut = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.resetAndDestroy());
  }

  /** Lets nobody through until `mend`, and leaves the open connections as they are. */
  shut() {
    this.#shut = true;
  }

  mend() {
    this.#shut = false;
    this.#vanish.clear();
  }

  stop() {
    this.cut();
    this.#server.close();
  }
}
