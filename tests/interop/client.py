"""client.py URL [AGREEMENT]: Python's `websockets` as a client of a server that speaks the language of README.md. With an
agreement on compression, which is what the server usually comes to, URL leads through relay.mjs."""

import asyncio
import itertools
import json
import re
import sys
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

URL, AGREEMENT = [*sys.argv[1:], None][:2]
LIMIT = 16 * 1024 * 1024
SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1024 * 1024, LIMIT]
TEXT = "안녕하세요, 매듭 🪢 und ein Gruß an alle 👩‍🚀"
REASON = "끝났습니다 👋"
LONGEST_REASON = "끝" * 41  # 123 bytes: the most that fit

checks = []
numbers = itertools.count(1)


def check(function):
    checks.append(function)
    return function


def check_if(condition):
    return check if condition else lambda function: function


def dial(path=None, **options):
    """A connection to PATH, or to a path of its own."""
    path = path or f"/python/{next(numbers)}"
    return connect(URL + path, max_size=None, ping_interval=None, proxy=None, **options)


async def ask(ws, text):
    await ws.send(text)
    return await ws.recv()


async def seen(ws):
    """How the server saw the end of this connection."""
    async with dial() as other:
        return json.loads(await ask(other, f"!seen {ws.request.path}"))


def equal(left, right):
    if left != right:
        raise AssertionError(f"{str(left)[:200]!r} instead of {str(right)[:200]!r}")


async def ends(ws, code, reason=""):
    """The connection ends, and the peer's Close frame had this code (1005: it was empty, 1006: there was none)."""
    try:
        await ws.recv()
        raise AssertionError("a message instead of the end")
    except ConnectionClosed:
        await ws.wait_closed()
        equal((ws.close_code, ws.close_reason), (code, reason))


def subset(whole, cause=None, **part):
    """The server saw at least this of the end. Only server.rs tells the cause."""
    equal({key: whole[key] for key in part}, part)
    if cause and "cause" in whole and cause not in whole["cause"]:
        raise AssertionError(f"cause {whole['cause']!r} instead of {cause!r}")


@check
async def text_is_echoed():
    async with dial() as ws:
        for text in ["", "a", TEXT, "가" * 100_000]:
            equal(await ask(ws, text), text)


@check
async def binary_of_every_length_form_is_echoed():
    async with dial() as ws:
        for size in SIZES:
            data = bytes(range(256)) * (size // 256) + bytes(size % 256)
            equal(await ask(ws, data), data)


@check_if(not AGREEMENT)
async def compression_is_offered_and_declined():
    async with dial() as ws:
        if "permessage-deflate" not in await ask(ws, "!offer"):
            raise AssertionError("this client should have offered it")
        equal(ws.response.headers.get("Sec-WebSocket-Extensions"), None)
        equal(ws.protocol.extensions, [])


def terms(agreement):
    """What an agreement says of both ends: whether messages may refer to earlier ones, and how far back, in bits."""
    name, *parameters = re.split("; *", agreement)
    equal(name, "permessage-deflate")
    values = dict(parameter.partition("=")[::2] for parameter in parameters)
    return [
        (f"{role}_no_context_takeover" not in values, int(values.get(f"{role}_max_window_bits") or 15))
        for role in ("client", "server")
    ]


def merge(usual, asked):
    """What a server that usually comes to `usual` must come to if a client asks for more."""
    return [tuple(map(min, *ends)) for ends in zip(usual, asked)]


def sample(size, seed):
    """As many bytes of JSON, with other numbers for each seed."""
    text, number = "", seed
    while len(text) < size:
        number = number * 16807 % 2147483647
        text += f'{{"number":{number}}}\n'
    return text[:size]


async def wire(ws):
    """How many bytes this connection has carried, to the server and to the client."""
    with await asyncio.to_thread(urllib.request.urlopen, URL.replace("ws", "http", 1) + "/!wire" + ws.request.path) as response:
        return [int(count) for count in response.read().split()]


async def cost(ws, message):
    before = await wire(ws)
    equal(await ask(ws, message), message)
    return [b - a for a, b in zip(before, await wire(ws))]


async def count_bytes(ws, agreed):
    """Shows by the bytes on the wire that both ends compress, and what they refer to: a message that comes a second time
    takes almost nothing if, and only if, the first one can be referred to."""
    seed = itertools.count(1)
    for size, encode in itertools.product([500, 5000], [str, str.encode]):
        message = encode(sample(size, next(seed)))
        costs = zip(["client", "server"], agreed, await cost(ws, message), await cost(ws, message))
        for role, (takeover, bits), first, again in costs:
            what = f"the {role} sent {size} bytes in {first}, and in {again} the second time"
            if first >= 0.8 * size:
                raise AssertionError(f"{what}: that is not compressed")
            refers = takeover and size + 300 < 2**bits  # zlib does not use the whole window
            if refers != (again < first / 4):
                raise AssertionError(f"{what}, with {bits if takeover else 'no context takeover'}")


@check_if(AGREEMENT)
async def compression_is_agreed_and_shows_on_the_wire():
    for wish in [
        {},
        {"server_no_context_takeover": True},
        {"client_no_context_takeover": True},
        {"server_max_window_bits": 10},
        {"client_max_window_bits": 10},
        {"server_max_window_bits": 12, "client_max_window_bits": 12},  # what this client usually asks for
    ]:
        offer = ClientPerMessageDeflateFactory(**wish)
        asked = "permessage-deflate" + "".join(f"; {name}={value}" for name, value in wish.items())
        async with dial(compression=None, extensions=[offer]) as ws:
            agreed = terms(ws.response.headers.get("Sec-WebSocket-Extensions", "nothing"))
            equal(agreed, merge(terms(AGREEMENT), terms(asked)))
            await count_bytes(ws, agreed)


@check
async def text_in_fragments_that_cut_characters():
    raw = TEXT.encode()
    async with dial() as ws:
        await ws.send([raw[i : i + 1] for i in range(len(raw))], text=True)
        equal(await ws.recv(), TEXT)


@check
async def binary_in_fragments_with_pings_between():
    async def pieces():
        for i in range(20):
            yield bytes([i]) * 5000
            await (await ws.ping(f"{i}"))

    async with dial() as ws:
        await ws.send(pieces())
        equal(await ws.recv(), b"".join([bytes([i]) * 5000 for i in range(20)]))


@check
async def fragments_of_the_server_come_as_such():
    async with dial() as ws:
        await ws.send("!fragments 100")
        pieces = [piece async for piece in ws.recv_streaming()]
        equal(pieces, [f"조각{i + 1} " for i in range(100)])


@check
async def pings_of_the_client_are_answered_with_their_payload():
    async with dial() as ws:
        for payload in ["", "p", REASON, "p" * 125]:
            await asyncio.wait_for(await ws.ping(payload), 10)


@check
async def pings_of_the_server_are_answered_with_their_payload():
    async with dial() as ws:
        for payload in ["p", REASON, "p" * 125]:
            equal(await ask(ws, f"!ping {payload}"), f"pong {payload}")


@check
async def a_thousand_messages_without_waiting():
    async def send():
        for i in range(1000):
            await ws.send(f"{i} {TEXT}")

    async with dial() as ws:
        sending = asyncio.create_task(send())
        for i in range(1000):
            equal(await ws.recv(), f"{i} {TEXT}")
        await sending


@check
async def the_client_closes():
    for code, reason in [(1000, ""), (1001, "bye"), (3000, REASON), (4999, LONGEST_REASON)]:
        ws = await dial()
        await ws.close(code, reason)
        equal((ws.close_code, ws.protocol.close_rcvd_then_sent), (code, False))
        subset(await seen(ws), code=code, clean=True, begun_by="peer", reason=reason, cause="exchanged")


@check
async def the_server_closes():
    for code, reason in [(1000, ""), (1011, "oops"), (3000, REASON), (4001, LONGEST_REASON)]:
        ws = await dial()
        await ws.send(f"!close {code} {reason}")
        await ends(ws, code, reason)
        subset(await seen(ws), code=code, clean=True, begun_by="local", cause="exchanged")


@check
async def the_client_closes_without_a_code():
    ws = await dial()
    await ws.close(None)
    equal(ws.close_code, 1005)
    subset(await seen(ws), code=1005, clean=True, begun_by="peer", reason="")


@check
async def the_server_closes_without_a_code():
    ws = await dial()
    await ws.send("!close")
    await ends(ws, 1005)
    subset(await seen(ws), code=1005, clean=True, begun_by="local", reason="")


@check
async def the_client_cuts_the_connection():
    ws = await dial()
    equal(await ask(ws, "here"), "here")
    ws.transport.abort()
    subset(await seen(ws), code=1006, clean=False, begun_by="peer", reason="", cause="ended without a Close frame")


@check
async def the_server_cuts_the_connection():
    ws = await dial()
    await ws.send("!drop")
    await ends(ws, 1006)


@check
async def a_message_above_the_limit_ends_with_1009():
    too_big = [bytes(LIMIT + 1), [bytes(LIMIT), b"x"]]  # in one frame, in two
    for message in too_big:
        ws = await dial()
        try:
            await ws.send(message)
        except ConnectionClosed:
            pass
        try:
            await ws.recv()
        except ConnectionClosed as end:
            equal(end.rcvd and end.rcvd.code, 1009)
        subset(await seen(ws), begun_by="local", cause="larger than the limit of 16777216 bytes")


@check
async def a_subprotocol_is_agreed():
    async with dial("/chat/both", subprotocols=["superchat", "chat"]) as ws:
        equal(ws.subprotocol, "chat")


@check
async def no_subprotocol_is_agreed():
    async with dial("/chat/other", subprotocols=["superchat"]) as ws:
        equal(ws.subprotocol, None)
    async with dial("/none", subprotocols=["chat"]) as ws:
        equal(ws.subprotocol, None)


@check
async def refusals_have_status_and_body():
    for status in [401, 403, 404, 503]:
        try:
            await dial(f"/refuse/{status}")
            raise AssertionError("accepted")
        except InvalidStatus as refusal:
            equal(refusal.response.status_code, status)
            equal(refusal.response.body.decode().strip(), f"refused with {status}")


async def main():
    failed = 0
    for function in checks:
        name = function.__name__.replace("_", " ")
        try:
            await asyncio.wait_for(function(), 60)
            print("ok  ", name, flush=True)
        except Exception as error:
            failed += 1
            print("FAIL", name, "-", repr(error), flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


asyncio.run(main())
