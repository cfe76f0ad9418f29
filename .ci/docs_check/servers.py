"""Servers that blocks start: whether they answer, and how they are stopped."""

import base64
import hashlib
import http.client
import os
import signal
import socket
import time
from urllib.parse import urlsplit

from docs_check.links import fault_of_address as fault_of_any_address
from docs_check.links import is_loopback

PATIENCE = 2  # seconds for one attempt
GRACE = 3  # seconds for a program that is asked to end
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def fault_of_address(address):
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "ws") or not rest:
        return f'"{address}" is not the address of a server: it must begin with http:// or ws://'
    if fault := fault_of_any_address(address):
        return f"the address {address} of the server is not valid: {fault}"
    return None if is_loopback(place_of(address)[0]) else f"the address {address} of the server is not on this machine"


def place_of(address):
    """Host and port."""
    parts = urlsplit(address)
    return parts.hostname, parts.port or 80


def is_listening(place):
    try:
        socket.create_connection(place, PATIENCE).close()
    except OSError:
        return False
    return True


def probe(address):
    """What is wrong with the answer of a server, or None. Without an answer, it raises an OSError."""
    return probe_websocket(address) if address.startswith("ws:") else probe_http(address)


def resource_of(address):
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def probe_http(address):
    connection = http.client.HTTPConnection(*place_of(address), timeout=PATIENCE)
    try:
        connection.request("GET", resource_of(address))
        status = connection.getresponse().status
    except http.client.HTTPException as error:
        return f"that is not HTTP: {error!r}"
    finally:
        connection.close()
    return None if 200 <= status < 300 else f"the status of its answer is {status}"


def probe_websocket(address):
    """Makes an opening handshake, and sends a Close frame."""
    request = (
        f"GET {resource_of(address)} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(place_of(address), PATIENCE) as stream:
        stream.sendall(request.encode())
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 65536 and (part := stream.recv(4096)):
            head += part
        first, *fields = head.partition(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")
        if first.split(" ")[1:2] != ["101"]:
            return f'its answer to an opening handshake begins with "{first}"'
        accept = base64.b64encode(hashlib.sha1((KEY + GUID).encode()).digest()).decode()
        values = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in fields)}
        if values.get("sec-websocket-accept") != accept:
            return "its answer to an opening handshake lacks the right Sec-WebSocket-Accept"
        stream.sendall(b"\x88\x80\0\0\0\0")
    return None


def stop_group(process):
    """Asks a group of processes to end, and kills what is left of it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + GRACE
        while time.monotonic() < end:
            try:
                # The first signal is sent once, and 0 asks whether anybody is left.
                os.killpg(process.pid, number)
            except (ProcessLookupError, PermissionError):
                process.wait()
                return
            number = 0
            process.poll()
            time.sleep(0.02)
    process.wait()
