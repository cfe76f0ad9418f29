"""The verdicts on small made-up repositories: one fault in each, or none."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from docs_check.blocks import Limits

PATIENT, HURRIED = Limits(60, 60, 60), Limits(60, 1, 1)
MANIFEST = """\
[package]
name = "knot"
edition = "2021"
[features]
rope = []
[[example]]
name = "tie"
required-features = ["rope"]
[profile.quick]
inherits = "dev"
"""
# What each repository has besides the files of its case.
COMMON = {
    ".gitignore": "target/\n",
    "Cargo.toml": MANIFEST,
    "src/lib.rs": "//! See <https://example.com/> and [an item](crate::Item).\n",
    "examples/tie.rs": "fn main() {}\n",
    "docs/b.md": '# B\n\n## What `it` does: a _first_ look\n\n## Twice\n\n## Twice\n\n<a id="here"></a>\n\nSetext\n---\n',
    "docs/image.png": "",
    "tool/server.py": """\
import base64, hashlib, http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        key = (self.headers.get("Sec-WebSocket-Key") or "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        key += "?" if self.path == "/wrong" else ""
        self.send_response({"/chat": 101, "/wrong": 101, "/gone": 404}.get(self.path, 200))
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
""",
}
CLEAN = """\
# A clean document

[B](docs/b.md), [a heading](docs/b.md#what-it-does-a-first-look), [the second](docs/b.md#twice-1), [an id](docs/b.md#here),
[setext](docs/b.md#setext), [a line](tool/server.py#L2), [a folder](docs), [this page](#a-clean-document), [ref][the label],
[the label][], [![an image](docs/image.png)](https://example.com/a_(b)?c=d%20e#f) <img src="docs/image.png"> <mailto:a@example.com>
<https://[2001:db8::1]:8443/> See https://example.com/x, http://127.0.0.1:8080/, and http://www.w3.org/2000/svg.
(Also https://web.archive.org/web/2024/https://example.com/.)

[the label]: docs/b.md "A title"

`docs/b.md`, `tool/`, `./docs`, `lib.rs`, `target/ci/log.md`, `text/html`, `/chat`, `HTTP/1.1`, `tool/server.py PORT`, `[no](link.md)`,
``a `[` b``
`cargo run -p knot --example tie --features rope -- -p other`, `cargo test -p NAME`, `cargo build --profile=quick`,
`<!-- not run: in code -->`

    [no](link.md) in indented code

- ```text
  [no](link.md)
  ```

<!-- a comment with [no](link.md) -->

<!-- not run: network: it needs example.com -->
```sh
false
```

<!-- server: http://127.0.0.1:PORT/ -->
```sh
python3 tool/server.py PORT  # a comment
```

<!-- expect: 200 -->
```bash
python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:PORT/").status)'
```

<!-- server: ws://127.0.0.1:PORT/chat -->
<!-- expect: 101 -->
```shell
python3 tool/server.py \\
  PORT
```

```console
$ echo one; echo two
two
```
"""


def block(text, *markers):
    return "".join(f"<!-- {marker} -->\n" for marker in markers) + f"```sh\n{text}\n```\n"


SERVER = "server: http://127.0.0.1:PORT/"
# The fault, the document `a.md`, and the line and words of the one complaint there must be. `False` is no complaint at all.
CASES = {
    "nothing": (CLEAN, False),
    "a broken link": ("x\n[b](docs/c.md)", "2: the link to docs/c.md leads nowhere: there is no docs/c.md"),
    "another case": ("[b](docs/B.md)", "1: .* leads nowhere"),
    "a broken image": ("![b](docs/c.png)", "1: .* leads nowhere"),
    "a broken link in HTML": ('<a href="docs/c.md">c</a>', "1: .* leads nowhere"),
    "a broken definition": ("[b][]\n\n[b]: docs/c.md", "3: .* leads nowhere"),
    "an undefined reference": ("[b][c]", r"1: there is no line `\[c\]: …`"),
    "an untracked target": ("[new](untracked.md)", "1: .*git does not track it"),
    "a bad fragment": ("[b](docs/b.md#twice-2)", "1: .*has no heading #twice-2"),
    "a bad fragment of the page": ("# A\n[b](#b)", "2: .*has no heading #b"),
    "a line that is not there": ("[b](tool/server.py#L99)", "1: .*has fewer lines"),
    "a link out of the repository": ("[b](../x.md)", "1: .*leads out"),
    "a link with a space": ("[b](docs/b c.md)", "1: .*is not a valid target"),
    "an http address": ("<http://example.com/>", "1: .*use https://"),
    "an address without a host": ("[b](https:///x)", "1: .*it has no host"),
    "an address with a bad host": ("https://exa_mple.com/", "1: .*not a valid host name"),
    "an address with a bad port": ("<https://example.com:99999/>", "1: .*not a valid port"),
    "a user name": ("<https://a@example.com/>", "1: .*a user name"),
    "a double slash": ("<https://example.com/a//b>", "1: .*a double slash"),
    "punctuation": ("[b](https://example.com/a.)", "1: .*punctuation"),
    "a space": ("<https://example.com/a b>", "1: .*it has a space"),
    "a mistyped scheme": ("[b](htps://example.com/)", "1: .*the scheme htps"),
    "a missing path": ("x\n\n`docs/c.md`", "3: `docs/c.md` looks like a path"),
    "a missing script": ("`tool/run PORT`", "1: `tool/run` looks like a path"),
    "an unknown package": ("`cargo test -p knott`", r"1: there is no package knott .*\(there is knot\)"),
    "an unknown package in a block": (block("cargo run -p x", "not run: network"), "2: there is no package x"),
    "an unknown example": ("`cargo run --example ty --features rope`", "1: there is no example ty"),
    "an unknown feature": ("`cargo test --features rop`", r"1: there is no feature rop in knot \(there is rope\)"),
    "a missing feature": ("`cargo run --example tie`", "1: the example tie needs --features rope"),
    "an unknown profile": ("`cargo test --profile slow`", "1: there is no profile slow"),
    "a missing manifest": ("`cargo build --manifest-path x/Cargo.toml`", "1: there is no x/Cargo.toml"),
    "a failing block": ("x\n\n" + block("echo some words\nexit 3"), "3: the block fails with exit status 3:(.|\n)*  some words\n"),
    "a failing part of a pipe": (block("false | true"), "1: the block fails"),
    "an unset variable": (block('echo "$x_of_nobody"'), "1: the block fails"),
    "a block that takes too long": (block("sleep 30"), "1: the block has not ended after 1 s", HURRIED),
    "the block after a failed one": (block("false") + block("false"), "1: .*(.|\n)*The blocks after it did not run"),
    "a wrong reason": (block("false", "not run: it is slow"), '1: "it is slow" is not a reason'),
    "no reason": (block("false", "not run"), "1: <!-- not run --> is not a marker"),
    "an unknown marker": (block("true", "skip: network"), "1: <!-- skip: network --> is not a marker"),
    "a marker above a blank line": ("<!-- not run: network -->\n\n" + block("true"), "1: .*is not above a shell block"),
    "a marker without a block": ("<!-- not run: network -->\ntext", "1: .*is not above a shell block"),
    "two markers that exclude each other": (block("false", "not run: network", SERVER), "3: these markers exclude"),
    "other output": (block("echo one", "expect: two"), '2: the block ends without "two"'),
    "another line": ("```console\n$ echo one\ntwo\n```", '1: the block does not write the line "two"'),
    "a block without a language": ("```\ncargo test\n```", "1: the block has no language"),
    "a block without an end": ("```sh\ntrue", "1: the block that begins here"),
    "a stray file": (block("touch stray"), r"1: the block changes the working tree(.|\n)*\?\? stray"),
    "a server that never answers": (block("sleep 30", SERVER), "2: the block does not answer at", HURRIED),
    "a server that dies": (block("exit 7", SERVER), "2: the block ends with exit status 7 before it answers"),
    "a server that does not last": (
        block("mkdir target; echo $$ > target/pid; exec python3 tool/server.py PORT", SERVER)
        + block('kill "$(cat target/pid)"; while (: < /dev/tcp/127.0.0.1/PORT) 2> /dev/null; do sleep 0.1; done'),
        "2: the block has ended with exit status -15",
    ),
    "a server with another status": (block("python3 tool/server.py PORT", SERVER + "gone"), "2: .* the status of its answer is 404"),
    "no WebSocket": (block("python3 tool/server.py PORT", "server: ws://127.0.0.1:PORT/"), "2: .* its answer to an opening handshake"),
    "a wrong handshake": (block("python3 tool/server.py PORT", "server: ws://127.0.0.1:PORT/wrong"), "2: .* Sec-WebSocket-Accept"),
    "a server elsewhere": (block("true", "server: http://192.0.2.1/"), "1: the address http://192.0.2.1/ "),
    "a port that is taken": (block("python3 tool/server.py TAKEN", "server: http://127.0.0.1:TAKEN/"), "2: port [0-9]* is in use"),
}
# The same for other files than `a.md`.
OTHERS = {
    "an address in a doc comment": ("src/lib.rs", "//! <http://example.com/>", "1: .*use https://"),
    "a relative link in a doc comment": ("src/lib.rs", "fn f() {}\n/// [b](../docs/b.md)", "2: .*does not work in .* rustdoc"),
    "a relative link in a guide": ("src/guide/g.md", "[b](../../docs/b.md)", "1: .*does not work in .* rustdoc"),
    "a fragment of a guide": ("src/guide/g.md", "[b](crate::guide::g#b)", "1: .*has no heading #b"),
    "items in a guide": ("src/guide/g.md", "# G\n[b](::std::io), [c](accept()), [d](fn@d), [e](guide::g#g), [f][x]", False),
    "an old path in a changelog": ("CHANGELOG.md", "## Unreleased\n\n`src/x.rs`\n\n## 0.1.0\n\n`src/y.rs`", "3: `src/x.rs` looks like"),
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def faults_of(check, file, text, limits):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**COMMON, file: text}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        for command in ("init -q", "add -A"):
            subprocess.run(["git", *command.split()], cwd=folder, check=True)
        Path(folder, "untracked.md").write_text("")
        return check(folder, limits)


def run(check):
    cases = {name: ("a.md", *case) for name, case in CASES.items()} | OTHERS
    output = sys.stdout
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for name, (file, text, expected, *limits) in cases.items():
            text = text.replace("PORT", str(free_port())).replace("TAKEN", str(taken.getsockname()[1]))
            with open(os.devnull, "w", encoding="utf-8") as sys.stdout:
                found = [f"{path}:{line}: {message}" for path, line, message in faults_of(check, file, text, *limits or [PATIENT])]
            sys.stdout = output
            if len(found) != bool(expected) or expected and not re.match(f"{re.escape(file)}:{expected}", found[0]):
                sys.exit(f"self-test: {name}: expected {expected or 'no fault'}, found:\n" + "\n".join(found))
    print(f"self-test: {len(cases)} repositories judged as they should be", flush=True)
