"""server.py [AGREEMENT]: a server on Python's `websockets` that speaks the language of README.md. With an agreement on
compression, it comes to it with every client that offers compression. If the environment has CERTIFICATE and KEY, it speaks
TLS. Prints its address, then how each connection ended."""

import asyncio
import collections
import http
import json
import os
import re
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

LIMIT = 16 * 1024 * 1024
ended = collections.defaultdict(lambda: asyncio.get_running_loop().create_future())  # by path


def refuse(ws, request):
    if request.path.startswith("/refuse/"):
        status = int(request.path.removeprefix("/refuse/"))
        return ws.respond(http.HTTPStatus(status), f"refused with {status}")


def choose(ws, offered):
    return "chat" if ws.request.path.startswith("/chat") and "chat" in offered else None


async def obey(ws, command, rest):
    match command:
        case "!close":
            code, _, reason = rest.partition(" ")
            await ws.close(int(code) if code else None, reason)
        case "!ping":
            await (await ws.ping(rest))
            await ws.send(f"pong {rest}")
        case "!fragments":
            await ws.send(f"조각{i + 1} " for i in range(int(rest)))
        case "!binary":
            await ws.send(bytes(int(rest)))
        case "!drop":
            ws.transport.abort()
        case "!offer":
            await ws.send(ws.request.headers.get("Sec-WebSocket-Extensions", ""))
        case "!seen":
            await ws.send(await asyncio.wait_for(asyncio.shield(ended[rest]), 10))


async def converse(ws):
    try:
        async for message in ws:
            if isinstance(message, str) and message.startswith("!"):
                command, _, rest = message.partition(" ")
                await obey(ws, command, rest)
            else:
                await ws.send(message)
    except ConnectionClosed:
        pass
    await ws.wait_closed()
    sent, received = ws.protocol.close_sent, ws.protocol.close_rcvd
    seen = json.dumps(
        {
            "code": int(ws.close_code),
            "clean": bool(sent and received),
            "begun_by": "local" if sent and not ws.protocol.close_rcvd_then_sent else "peer",
            "reason": ws.close_reason,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )
    print(ws.request.path, seen, flush=True)
    if not ended[ws.request.path].done():
        ended[ws.request.path].set_result(seen)


def compression(agreement):
    parameters = re.findall(r"; (\w+)(?:=(\d+))?", agreement)
    return ServerPerMessageDeflateFactory(**{name: int(value) if value else True for name, value in parameters})


async def main():
    options = {"process_request": refuse, "select_subprotocol": choose, "max_size": LIMIT, "ping_interval": None}
    if len(sys.argv) > 1:
        options |= {"compression": None, "extensions": [compression(sys.argv[1])]}
    address = "ws://127.0.0.1"
    if "CERTIFICATE" in os.environ:
        address = "wss://localhost"
        options["ssl"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["ssl"].load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    async with serve(converse, "127.0.0.1", 0, **options) as server:
        print(f"listening on {address}:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


asyncio.run(main())
