"""server.py: a server on Python's `websockets`, at two addresses: without TLS on 127.0.0.1 and on ::1, with the same port; and
with TLS for localhost, where it compresses. Without IPV6 in the environment, it is not on ::1. CERTIFICATE and KEY name the files for TLS. It echoes every message but "!request",
which it answers with the path and the header fields of the opening handshake. Prints its addresses.

/redirect leads to /between, and the server without TLS leads to the one with TLS. /between leads to /end by a relative
reference. /refuse is refused with 403."""

import asyncio
import http
import json
import os
import ssl

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

secure_port = None


def respond(ws, request):
    path = request.path.split("?")[0]
    if path == "/redirect":
        response = ws.respond(http.HTTPStatus.TEMPORARY_REDIRECT, "elsewhere")
        response.headers["Location"] = f"https://localhost:{secure_port}/between?token=1"
        return response
    if path == "/between":
        response = ws.respond(http.HTTPStatus.FOUND, "elsewhere")
        response.headers["Location"] = "./a/../end?of=redirects"
        return response
    if path == "/refuse":
        return ws.respond(http.HTTPStatus.FORBIDDEN, "refused by the server")


async def echo(ws):
    async for message in ws:
        if message == "!request":
            fields = [[name.lower(), value] for name, value in ws.request.headers.raw_items()]
            message = json.dumps([ws.request.path, fields])
        await ws.send(message)


def port(server):
    return server.sockets[0].getsockname()[1]


async def main():
    global secure_port
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    deflate = {"compression": None, "extensions": [ServerPerMessageDeflateFactory()]}
    plain = {"process_request": respond, "compression": None}
    async with (
        serve(echo, "127.0.0.1", 0, ssl=context, process_request=respond, **deflate) as secure,
        serve(echo, "127.0.0.1", 0, **plain) as server,
    ):
        secure_port = port(secure)
        if "IPV6" in os.environ:
            await serve(echo, "::1", port(server), **plain)
        print(f"listening on {port(server)} {secure_port}", flush=True)
        await server.serve_forever()


asyncio.run(main())
