"""Runs the shell blocks of a document, one after the other, and the servers that they start."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

from docs_check import servers
from docs_check.names import commands, script_of, split_cargo

REASONS = ("network", "longer than a minute", "interactive")
COMPILES = {"run": "build", "r": "build", "test": "test --no-run", "t": "test --no-run", "bench": "bench --no-run"}
ITSELF = {"build", "b", "check", "c", "clippy", "doc", "d", "install"}
ADVICE = """\
  Correct the block. If it cannot run in the gate, write the reason in the line before it, which is one of
    <!-- not run: network -->
    <!-- not run: longer than a minute -->
    <!-- not run: interactive -->
  If it starts a server, write the address at which that answers: <!-- server: http://127.0.0.1:8080/ -->"""


@dataclass
class Limits:
    """Seconds for the compiler, for a block itself, and for a server until it answers."""

    build: float = 600
    run: float = 60
    answer: float = 60


class Failed(Exception):
    """A block has failed."""


class Program:
    """A script in a group of processes of its own, with its output in a file."""

    def __init__(self, arguments, root, environment, has_input=False):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            arguments, cwd=root, env=environment, stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True,
            # The input of a server stays open, since some end with their input.
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        )

    def wait(self, limit):
        """The exit status, or None if the time is over."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def text(self):
        end = self.output.seek(0, os.SEEK_END)
        self.output.seek(max(end - 1_000_000, 0))
        return self.output.read().decode(errors="replace")

    def end_of_output(self):
        lines = self.text().rstrip().split("\n")[-30:]
        return "  the end of its output:\n" + "".join(f"    {line}\n" for line in lines) if any(lines) else "  It wrote nothing.\n"

    def stop(self):
        """Ends the whole group, also what the script has left in the background."""
        servers.stop_group(self.process)
        if self.process.stdin:
            self.process.stdin.close()
        self.output.close()


class Runner:
    """Runs the blocks of one document."""

    def __init__(self, repository, document, limits):
        self.repository, self.document, self.limits, self.faults = repository, document, limits, []
        self.servers = {}  # the host and port of each, with its block and its program
        # `cargo install` must not change the programs of the user, and what it installs can be called by the blocks after it.
        installed = os.path.join(repository.root, os.environ.get("CARGO_TARGET_DIR", "target"), "docs")
        shutil.rmtree(installed, ignore_errors=True)
        self.environment = {
            **os.environ, "CARGO_INSTALL_ROOT": installed, "PATH": os.path.join(installed, "bin") + os.pathsep + os.environ["PATH"],
            "CARGO_TERM_COLOR": "never", "TERM": "dumb",
        }

    def fault(self, line, message):
        self.faults.append((self.document.path, line, message))

    def run(self):
        try:
            for block in self.document.blocks:
                if not self.has_valid_markers(block) or block.values("not run"):
                    continue
                self.run_block(block)
        except Failed as failed:
            last = self.document.blocks[-1] is block
            self.fault(block.line, str(failed) + ("" if last else "\n  The blocks after it did not run."))
        finally:
            for address in list(self.servers):
                self.stop_server(address)
        return self.faults

    def has_valid_markers(self, block):
        valid = not block.has_other_comments
        for line, kind, value in block.markers:
            fault = None
            if kind == "not run" and value.split(":")[0].strip() not in REASONS:
                fault = f'"{value}" is not a reason for not running a block: it is one of {", ".join(REASONS)}, with details after a colon'
            elif kind == "server":
                fault = servers.fault_of_address(value)
            if fault:
                self.fault(line, fault)
                valid = False
        kinds = [kind for _, kind, _ in block.markers]
        if "not run" in kinds and len(kinds) > 1 or kinds.count("server") > 1:
            self.fault(block.line, "these markers exclude each other: " + ", ".join(kinds))
            valid = False
        return valid

    def failed(self, block, what, program):
        text = "".join(f"    {line}\n" for line in block.text.split("\n"))
        return Failed(f"the block {what}\n{text}{program.end_of_output()}{ADVICE}")

    def run_block(self, block):
        before, start = self.repository.status(), time.monotonic()
        self.build(block)
        built = time.monotonic()
        if address := next(iter(block.values("server")), None):
            self.start_server(block, address)
        else:
            program = self.start(block)
            try:
                status = program.wait(self.limits.run)
                if status is None:
                    raise self.failed(block, f"has not ended after {self.limits.run:g} s:", program)
                if status != 0:
                    raise self.failed(block, f"fails with exit status {status}:", program)
                self.check_output(block, program)
            finally:
                program.stop()
        if changed := self.repository.status() ^ before:
            lines = "".join(f"\n    {line}" for line in sorted(changed))
            self.fault(block.line, f"the block changes the working tree, as `git status --porcelain` shows:{lines}")
        print(f"{self.document.path}:{block.line}: compiled for {built - start:.1f} s, "
              f"{'the server answers' if address else 'has run'} after {time.monotonic() - built:.1f} s", flush=True)

    def start(self, block, has_input=False):
        script = ["bash", "-euo", "pipefail", "-c", script_of(block)]
        return Program(script, self.repository.root, self.environment, has_input)

    def check_output(self, block, program):
        text = program.text()
        for expected in block.values("expect"):
            if expected not in text:
                raise self.failed(block, f'ends without "{expected}" in its output:', program)
        if block.language == "console":
            shown = [line for line in block.text.split("\n") if line.strip() and not line.startswith("$ ")]
            if lacking := [line for line in shown if line not in text.split("\n")]:
                raise self.failed(block, f'does not write the line "{lacking[0]}" that it shows:', program)

    def build(self, block):
        """Compiles what the block will run, so that the limit on its time is about the block. If that fails, so will the block."""
        for words in commands(script_of(block)):
            environment, arguments = split_cargo(self.repository, words) or ({}, [])
            place = next((place for place, word in enumerate(arguments) if word in {*COMPILES, *ITSELF}), None)
            if place is None:
                continue
            if arguments[place] in COMPILES:
                arguments[place:place + 1] = COMPILES[arguments[place]].split()
                arguments = arguments[:arguments.index("--")] if "--" in arguments else arguments
            program = Program(arguments, self.repository.root, {**self.environment, **environment})
            try:
                if program.wait(self.limits.build) is None:
                    raise self.failed(block, f"needs more than {self.limits.build:g} s to compile:", program)
            finally:
                program.stop()

    def start_server(self, block, address):
        place = servers.place_of(address)
        self.stop_server(place)
        if servers.is_listening(place):
            raise Failed(f"port {place[1]} is in use by another program: stop it, since the server of this block needs that port")
        program = self.start(block, has_input=True)
        self.servers[place] = block, program
        end, lacking = time.monotonic() + self.limits.answer, "nothing listens there"
        while time.monotonic() < end:
            if (status := program.process.poll()) is not None:
                raise self.failed(block, f"ends with exit status {status} before it answers at {address}:", program)
            try:
                if problem := servers.probe(address):
                    raise self.failed(block, f"answers at {address}, but {problem}:", program)
                # The output can be behind the answer.
                lacking = next((f'"{text}" is not in its output' for text in block.values("expect") if text not in program.text()), None)
                if not lacking:
                    return
            except OSError as error:
                lacking = str(error)
            time.sleep(0.1)
        raise self.failed(block, f"does not answer at {address} within {self.limits.answer:g} s ({lacking}):", program)

    def stop_server(self, place):
        block, program = self.servers.pop(place, (None, None))
        if not block:
            return
        status = program.process.poll()
        if status is not None and not any(line == block.line for _, line, _ in self.faults):
            what = f"has ended with exit status {status} when its server was still needed:"
            self.fault(block.line, str(self.failed(block, what, program)))
        program.stop()


def check(repository, documents, limits):
    faults = []
    for path in documents:
        if path.endswith(".md") and repository.document(path).blocks:
            faults += Runner(repository, repository.document(path), limits).run()
    return faults
