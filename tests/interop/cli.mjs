// cli.mjs FILE: a server on Node's `ws` for what the language of README.md has no words for. `/down` sends FILE as one message
// in many fragments; `/up` answers each binary message with its SHA-256; every other path tells what the request's header had,
// as JSON, and chooses the last subprotocol of those offered. With CERTIFICATE and KEY it speaks TLS. Prints its address.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
const { WebSocketServer } = createRequire(import.meta.url)('ws');

const file = process.argv[2];
const { CERTIFICATE, KEY } = process.env;
const [address, http] = CERTIFICATE
  ? ['wss://localhost', createSecureServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) })]
  : ['ws://127.0.0.1', createServer()];
http.listen(0, '127.0.0.1', () => console.log(`listening on ${address}:${http.address().port}`));

async function sendFile(ws) {
  const send = (data, fin) => new Promise((done) => { ws.send(data, { binary: true, fin }, done); });
  for await (const piece of createReadStream(file)) await send(piece, false);
  await send('', true);
}

const server = new WebSocketServer({ server: http, perMessageDeflate: true, handleProtocols: (offered) => [...offered].at(-1) });
server.on('connection', (ws, { url, headers }) => {
  if (url === '/down') sendFile(ws);
  else if (url === '/up') ws.on('message', (data) => ws.send(createHash('sha256').update(data).digest('hex')));
  else ws.send(JSON.stringify(headers));
});
