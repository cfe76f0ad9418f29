// chromium.mjs URL [AGREEMENT]: opens page.html in headless Chromium and runs its checks against the server at URL. With an
// agreement on compression, which is what the server comes to, URL leads through relay.mjs.
// CHROMIUM is the browser to start (default: /usr/bin/chromium). Over TLS, the server may have the certificate in the file
// CERTIFICATE, whoever made it, and no other that the browser would not trust.
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Browser } from './browser.mjs';

/** The options that make the browser trust the certificate of the tests. */
async function trust() {
  if (!process.env.CERTIFICATE) return [];
  const { publicKey } = new X509Certificate(await readFile(process.env.CERTIFICATE));
  const hash = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  return [`--ignore-certificate-errors-spki-list=${hash}`];
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
const address = `http://127.0.0.1:${site.address().port}/`;

const browser = await Browser.start(await trust());
const page = await browser.page();
console.log((await browser.call('Browser.getVersion')).product);
await page.open(address);
const results = await page.evaluate(`run(${url}, ${agreement})`);

// What a page cannot check itself: that leaving it ends its connection with 1001.
async function leave() {
  await page.evaluate(`linger(${url}, '/chromium/left')`);
  await page.open(address);
  return JSON.stringify(await page.evaluate(`saw(${url}, '/chromium/left')`));
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
