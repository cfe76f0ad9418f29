"""What cli.sh needs besides the servers of run.sh:

cli.py files FILE       the server of cli.mjs on Python's `websockets`
cli.py unix PATH        an echo server on a Unix socket
cli.py proxy            an HTTP proxy for the user `me` with the password `S3cr3t`, which prints each target
cli.py redirect URL     a server that redirects to the same path at URL, and /loop to itself
cli.py rude             a server that makes an opening handshake by hand, and then does what the path says
cli.py peak FILE CMD..  runs a command, and writes the most memory that it had, in KiB, to FILE
cli.py pty CMD...       runs a command whose output goes to a terminal, and prints what was shown there
cli.py type LINE CMD..  the same, with a terminal for its input, too: types LINE once it has connected, and ends the input when the
                        line has come back
"""

import asyncio
import base64
import hashlib
import json
import os
import pty
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time


def tls():
    if "CERTIFICATE" not in os.environ:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    if "CLIENTS" in os.environ:
        context.load_verify_locations(os.environ["CLIENTS"])
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def files(path):
    from websockets.asyncio.server import serve

    def pieces():
        with open(path, "rb") as file:
            while piece := file.read(65536):
                yield piece

    async def converse(ws):
        if ws.request.path == "/down":
            await ws.send(pieces())
        elif ws.request.path == "/up":
            async for message in ws:
                await ws.send(hashlib.sha256(message).hexdigest())
        else:
            await ws.send(json.dumps({name.lower(): value for name, value in ws.request.headers.raw_items()}))
        await ws.wait_closed()

    choose = lambda _, offered: offered[-1] if offered else None
    context = tls()
    options = {"select_subprotocol": choose, "max_size": None, "ssl": context}
    async with serve(converse, "127.0.0.1", 0, **options) as server:
        address = "wss://localhost" if context else "ws://127.0.0.1"
        print(f"listening on {address}:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


HELLO = b"\x81\x05Hello"
# What follows the handshake. After it comes the end of the stream, if the path does not say otherwise.
AFTER_101 = {
    "/cut": HELLO,
    "/in-frame": HELLO + b"\x81\x0aHel",
    "/in-message": b"\x02\x03abc",
    "/reset": HELLO,
    "/silent": HELLO,
    "/enough": b"",
    "/stuck": HELLO,
    "/opcode": HELLO + b"\x83\x00",
    "/masked": b"\x81\x85\x00\x00\x00\x00Hello",
    "/utf-8": b"\x81\x02\xc3\x28",
    "/too-big": b"\x82\x7f" + struct.pack(">Q", 17 << 20),
    "/escape": b"\x81\x09\x1b[2Jwiped",
}
INSTEAD = {
    "/ssh": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "/nothing": b"",
    "/moved": b"HTTP/1.1 301 Moved\r\nLocation: wss://elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
    "/tls": b"\x15\x03\x03\x00\x02\x02\x46",
    "/why": b"HTTP/1.1 403 No\r\nContent-Length: 18\r\n\r\n\nOnly \x1b[2Jwith VPN",
    "/chunked": b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nreally\r\n0\r\n\r\n",
    "/page": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "/wrong": b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\n\r\n",
}


def be_rude(client):
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(4096)
        if not more:
            return
        head += more
    path = head.split()[1].decode()
    if path == "/mute":
        return client.recv(1)  # the client's patience is what ends this
    if path in INSTEAD:
        return client.sendall(INSTEAD[path])
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    accept = hashlib.sha1(fields[b"Sec-WebSocket-Key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + base64.b64encode(accept)
        + b"\r\n\r\n"
        + AFTER_101[path]
    )
    if path == "/reset":
        client.recv(1)  # so that what was sent is read before
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif path == "/stuck":
        threading.Event().wait()  # nothing is ever read
    elif path == "/enough":
        received = 0
        while received < 200_000:
            received += len(client.recv(4096))
        client.sendall(b"\x88\x02\x03\xe8")
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    elif path in ("/silent", "/opcode", "/masked", "/utf-8", "/too-big"):
        while client.recv(4096):
            pass


async def unix(path):
    from websockets.asyncio.server import unix_serve

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async with unix_serve(echo, path):
        print(f"listening on {path}", flush=True)
        await asyncio.get_running_loop().create_future()


async def head_of(reader):
    return (await reader.readuntil(b"\r\n\r\n")).decode()


async def listen(serve, scheme):
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"listening on {scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def proxy():
    credentials = base64.b64encode(b"me:S3cr3t").decode()

    async def move(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def serve(reader, writer):
        head = await head_of(reader)
        target = head.split()[1]
        if f"Proxy-Authorization: Basic {credentials}\r\n" not in head:
            writer.write(b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 0\r\n\r\n")
            return writer.close()
        print(f"asked for {target}", flush=True)
        host, port = target.rsplit(":", 1)
        there = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(move(reader, there[1]), move(there[0], writer), return_exceptions=True)
        there[1].close()
        writer.close()

    await listen(serve, "http")


async def redirect(url):
    async def serve(reader, writer):
        path = (await head_of(reader)).split()[1]
        to = path if path == "/loop" else url + path
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    await listen(serve, "ws")


def rude():
    def serve(client):
        with client:
            be_rude(client)

    server = socket.create_server(("127.0.0.1", 0))
    print(f"listening on ws://127.0.0.1:{server.getsockname()[1]}", flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


def peak(report, *command):
    most = 0
    with subprocess.Popen(command) as process:
        # What the kernel reports afterwards would count this process, too, from which the other one was forked.
        while process.poll() is None:
            with open(f"/proc/{process.pid}/status") as status:
                most = max([most, *(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))])
            time.sleep(0.002)
    with open(report, "w") as file:
        print(most, file=file)
    sys.exit(process.returncode)


def in_terminal(*command):
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            while shown := os.read(ours, 4096):
                sys.stdout.buffer.write(shown)
        except OSError:  # how a terminal ends on Linux
            pass
    sys.exit(process.returncode)


def type_in_terminal(line, *command):
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown = b""
        todo = [(b"connected to", line.encode() + b"\n"), (b"< " + line.encode(), b"\x04")]
        try:
            while more := os.read(ours, 4096):
                shown += more
                while todo and todo[0][0] in shown:
                    os.write(ours, todo.pop(0)[1])
        except OSError:
            pass
        sys.stdout.buffer.write(shown)
        sys.stdout.flush()
    sys.exit(process.returncode)


match sys.argv[1:]:
    case ["files", path]:
        asyncio.run(files(path))
    case ["unix", path]:
        asyncio.run(unix(path))
    case ["proxy"]:
        asyncio.run(proxy())
    case ["redirect", url]:
        asyncio.run(redirect(url))
    case ["rude"]:
        rude()
    case ["peak", report, *command]:
        peak(report, *command)
    case ["type", line, *command]:
        type_in_terminal(line, *command)
    case ["pty", *command]:
        in_terminal(*command)
    case _:
        sys.exit(__doc__)
