// chromium.mjs URL [AGREEMENT]: opens page.html in headless Chromium and runs its checks against the server at URL. With an
// agreement on compression, which is what the server comes to, URL leads through relay.mjs.
// CHROMIUM is the browser to start (default: /usr/bin/chromium). Over TLS, the server may have the certificate in the file
// CERTIFICATE, whoever made it, and no other that the browser would not trust.
import { spawn } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
const { WebSocket } = createRequire(import.meta.url)('ws');

/** The options that make the browser trust the certificate of the tests. */
async function trust() {
  if (!process.env.CERTIFICATE) return [];
  const { publicKey } = new X509Certificate(await readFile(process.env.CERTIFICATE));
  const hash = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  return [`--ignore-certificate-errors-spki-list=${hash}`];
}

/** Headless Chromium with one page, steered over the DevTools protocol: JSON messages on a WebSocket of its own. */
class Browser {
  #process;
  #profile;
  #devtools;
  #session;
  #lastId = 0;
  #calls = new Map(); // id -> { resolve, reject }
  #loaded = () => {};

  static async start() {
    const browser = new Browser();
    browser.#profile = await mkdtemp(join(tmpdir(), 'bowline-chromium-'));
    browser.#process = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', `--user-data-dir=${browser.#profile}`, '--remote-debugging-port=0',
      ...await trust(),
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    process.on('exit', () => { // also after an error
      browser.#process.kill('SIGKILL');
      rmSync(browser.#profile, { recursive: true, force: true });
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
    const { targetId } = await browser.call('Target.createTarget', { url: 'about:blank' });
    browser.#session = (await browser.call('Target.attachToTarget', { targetId, flatten: true })).sessionId;
    await browser.call('Page.enable');
    return browser;
  }

  #received({ id, result, error, method }) {
    if (method === 'Page.loadEventFired') this.#loaded();
    if (!id) return;
    const { resolve, reject } = this.#calls.get(id);
    this.#calls.delete(id);
    error ? reject(new Error(error.message)) : resolve(result);
  }

  call(method, params = {}) {
    const id = ++this.#lastId;
    this.#devtools.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** Opens a page in the place of the last one. */
  async open(url) {
    const loaded = new Promise((resolve) => { this.#loaded = resolve; });
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

  async stop() {
    const ended = once(this.#process, 'exit');
    await this.call('Browser.close');
    await ended;
  }
}

const [url, agreement] = [process.argv[2], process.argv[3] ?? null].map((argument) => JSON.stringify(argument));
const files = {
  '/': ['text/html', await readFile(new URL('page.html', import.meta.url))],
  '/compression.mjs': ['text/javascript', await readFile(new URL('compression.mjs', import.meta.url))],
};

// The page has an origin of its own, as a page on the web has.
const site = createServer((request, response) => {
  const [type, content] = files[request.url] ?? [];
  response.writeHead(content ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(content);
});
site.listen(0, '127.0.0.1');
await once(site, 'listening');
const page = `http://127.0.0.1:${site.address().port}/`;

const browser = await Browser.start();
console.log((await browser.call('Browser.getVersion')).product);
await browser.open(page);
const results = await browser.evaluate(`run(${url}, ${agreement})`);

// What a page cannot check itself: that leaving it ends its connection with 1001.
async function leave() {
  await browser.evaluate(`linger(${url}, '/chromium/left')`);
  await browser.open(page);
  return JSON.stringify(await browser.evaluate(`saw(${url}, '/chromium/left')`));
}
const left = await leave().catch(String);
const goneAway = JSON.stringify({ code: 1001, clean: true, begun_by: 'peer', reason: '' });
results.push({ name: 'leaving the page ends its connection with 1001', error: left === goneAway ? null : left });

await browser.stop();
site.close();
for (const { name, error } of results) console.log(error === null ? `ok   ${name}` : `FAIL ${name} - ${error}`);
const failed = results.filter(({ error }) => error !== null).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
