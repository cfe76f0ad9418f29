// relay.mjs URL: passes connections on to the server at URL and counts what goes over the wire. Prints its address.
// `GET /!wire/PATH` gives the bytes that the connection with this path has carried so far, handshake and all:
// "TO_SERVER TO_CLIENT".
import { createServer } from 'node:http';
import { connect } from 'node:net';

const target = new URL(process.argv[2]);
const upstreams = new Map(); // path -> socket

const relay = createServer((request, response) => {
  const { bytesWritten, bytesRead } = upstreams.get(request.url.replace(/^\/!wire/, '')) ?? {};
  response.setHeader('access-control-allow-origin', '*'); // page.html asks, too
  response.end(`${bytesWritten} ${bytesRead}`);
});

relay.on('upgrade', (request, client, rest) => {
  const upstream = connect({ host: target.hostname, port: target.port, allowHalfOpen: true, noDelay: true });
  upstreams.set(request.url, upstream);
  upstream.write(`${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`);
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    upstream.write(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`);
  }
  upstream.write('\r\n');
  upstream.write(rest);
  client.setNoDelay();
  client.pipe(upstream).pipe(client);
  // Who is cut off on one side is cut off on the other.
  for (const [one, other] of [[client, upstream], [upstream, client]]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.end());
  }
});

relay.listen(0, '127.0.0.1', () => console.log(`listening on ws://127.0.0.1:${relay.address().port}`));
