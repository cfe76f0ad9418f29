// server.mjs [AGREEMENT]: a server on Node's `ws` that speaks the language of README.md. With an agreement on compression, it
// comes to it with every client that offers compression. If the environment has CERTIFICATE and KEY, it speaks TLS. Prints its
// address, then how each connection ended.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
const { WebSocketServer } = createRequire(import.meta.url)('ws');

const agreement = process.argv[2] ?? 'permessage-deflate';
const bits = (role) => Number(agreement.match(`${role}_max_window_bits=(\\d+)`)?.[1]) || undefined;
const LIMIT = 16 * 1024 * 1024;
const ended = new Map(); // path -> { seen: Promise, resolve }

function ending(path) {
  if (!ended.has(path)) ended.set(path, Promise.withResolvers?.() ?? withResolvers());
  return ended.get(path);
}

function withResolvers() { // Node has it from version 22
  let resolve;
  const promise = new Promise((r) => { resolve = r; });
  return { promise, resolve };
}

const { CERTIFICATE, KEY } = process.env;
const [address, http] = CERTIFICATE
  ? ['wss://localhost', createSecureServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) })]
  : ['ws://127.0.0.1', createServer()];
http.listen(0, '127.0.0.1', () => console.log(`listening on ${address}:${http.address().port}`));

const server = new WebSocketServer({
  server: http,
  maxPayload: LIMIT,
  perMessageDeflate: {
    threshold: 0,
    serverNoContextTakeover: agreement.includes('server_no_context_takeover') || undefined,
    clientNoContextTakeover: agreement.includes('client_no_context_takeover') || undefined,
    serverMaxWindowBits: bits('server'),
    clientMaxWindowBits: bits('client'),
  },
  verifyClient: ({ req }, done) => {
    const status = Number(req.url.match(/^\/refuse\/(\d+)$/)?.[1]);
    status ? done(false, status, `refused with ${status}`) : done(true);
  },
  handleProtocols: (offered, request) => request.url.startsWith('/chat') && offered.has('chat') && 'chat',
});

server.on('connection', (ws, request) => {
  let begunBy = 'peer';
  const obey = {
    '!close': (rest) => {
      begunBy = 'local';
      const [, code, reason] = rest.match(/^(\d*) ?(.*)$/s);
      code ? ws.close(Number(code), reason) : ws.close();
    },
    '!ping': (rest) => {
      ws.once('pong', (payload) => ws.send(`pong ${payload}`));
      ws.ping(rest);
    },
    '!fragments': (rest) => {
      for (let i = 1; i <= Number(rest); i++) ws.send(`조각${i} `, { fin: i === Number(rest) });
    },
    '!binary': (rest) => ws.send(Buffer.alloc(Number(rest))),
    '!drop': () => ws.terminate(),
    '!offer': () => ws.send(request.headers['sec-websocket-extensions'] ?? ''),
    '!seen': async (rest) => ws.send(await ending(rest).promise),
  };
  ws.on('message', (data, isBinary) => {
    const [, command, rest] = (isBinary ? '' : String(data)).match(/^(!\w+) ?(.*)$/s) ?? [];
    command ? obey[command](rest) : ws.send(data, { binary: isBinary });
  });
  ws.on('error', () => { begunBy = 'local'; }); // this side fails the connection
  ws.on('close', (code, reason) => {
    // `ws` does not say whether a close was clean; these two fields of it do.
    const clean = Boolean(ws._closeFrameReceived && ws._closeFrameSent);
    const seen = JSON.stringify({ code, clean, begun_by: begunBy, reason: String(reason) });
    console.log(request.url, seen);
    ending(request.url).resolve(seen);
  });
});
