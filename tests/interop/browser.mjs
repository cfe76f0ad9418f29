// Headless Chromium, steered over the DevTools protocol: JSON messages on a WebSocket.
// CHROMIUM is the browser to start (default: /usr/bin/chromium).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
const { WebSocket } = createRequire(import.meta.url)('ws');

export class Browser {
  #process;
  #profile;
  #devtools;
  #lastId = 0;
  #calls = new Map(); // id -> { resolve, reject }
  #pages = new Map(); // session -> page

  /** With further options of the command line. */
  static async start(options = []) {
    const browser = new Browser();
    browser.#profile = await mkdtemp(join(tmpdir(), 'bowline-chromium-'));
    browser.#process = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', `--user-data-dir=${browser.#profile}`, '--remote-debugging-port=0',
      ...options,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    process.on('exit', () => { // also after an error
      browser.#process.kill('SIGKILL');
      try {
        rmSync(browser.#profile, { recursive: true, force: true });
      } catch {
        // Processes of the browser that are not dead yet still write there.
      }
    });
    let address;
    for await (const line of createInterface(browser.#process.stderr)) {
      [, address] = line.match(/^DevTools listening on (ws:\S+)/) ?? [];
      if (address) break;
    }
    if (!address) throw new Error('Chromium did not start');
    browser.#process.stderr.resume(); // what it says later does not matter
    browser.#devtools = new WebSocket(address);
    browser.#devtools.on('message', (data) => browser.#received(JSON.parse(data)));
    await once(browser.#devtools, 'open');
    return browser;
  }

  #received({ id, result, error, method, sessionId }) {
    if (method === 'Page.loadEventFired') this.#pages.get(sessionId)?.loaded();
    if (!id) return;
    const { resolve, reject } = this.#calls.get(id);
    this.#calls.delete(id);
    error ? reject(new Error(error.message)) : resolve(result);
  }

  call(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastId;
    this.#devtools.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** A page in a window of its own: what is in front of it does not make it rest. */
  async page() {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank', newWindow: true });
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.#pages.set(sessionId, page);
    await page.call('Page.enable');
    return page;
  }

  async stop() {
    const ended = once(this.#process, 'exit');
    await this.call('Browser.close');
    await ended;
  }
}

class Page {
  #browser;
  #session;
  loaded = () => {};

  constructor(browser, session) {
    [this.#browser, this.#session] = [browser, session];
  }

  call(method, params = {}) {
    return this.#browser.call(method, params, this.#session);
  }

  /** Opens a document in the place of the last one. */
  async open(url) {
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    await this.call('Page.navigate', { url });
    await loaded;
  }

  /** What an expression gives in the page, once it is there. */
  async evaluate(expression) {
    const { result, exceptionDetails } =
      await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}
