"""Names in code: paths of this repository exist, and so do the packages, targets and features in `cargo` commands."""

import difflib
import json
import os
import re
import shlex
import subprocess
import tomllib

TARGETS = {"--test": "test", "--example": "example", "--bin": "bin", "--bench": "bench"}
WITH_VALUE = {*TARGETS, "-p", "--package", "--features", "-F", "--manifest-path", "--profile", "--path"}
BUILDING = {"build", "b", "check", "c", "test", "t", "run", "r", "bench", "doc", "d", "clippy", "rustc", "rustdoc", "tree"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.S)
INTERPRETERS = {"python3", "bash", "sh", "node"}
RELEASED = re.compile(r"^## \[?v?\d", re.M)


def commands(text):
    """The simple commands of a shell script, each as its words. Lines that need a real shell to be read are left out."""
    for line in text.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split, lexer.commenters = True, ""
        words, skip = [], False
        try:
            for word in lexer:
                if word.startswith("#"):
                    break
                if set(word) <= set("<>&") and set(word) & set("<>"):
                    skip = True  # a redirection, and its file
                elif set(word) <= set("();<>|&"):
                    if words:
                        yield words
                    words = []
                elif skip:
                    skip = False
                else:
                    words.append(word)
        except ValueError:
            continue
        if words:
            yield words


def split_cargo(repository, words):
    """(environment, arguments) of a cargo command, with its alias replaced; None if it is another command."""
    count = next((place for place, word in enumerate(words) if not ASSIGNMENT.fullmatch(word)), len(words))
    environment, rest = dict(word.split("=", 1) for word in words[:count]), words[count:]
    if rest[:1] != ["cargo"]:
        return None
    at = 2 if rest[1:2] and rest[1].startswith("+") else 1
    if alias := repository.aliases.get(rest[at] if len(rest) > at else ""):
        rest[at:at + 1] = alias
    return environment, rest


def is_placeholder(value):
    return bool(re.fullmatch(r"[A-Z][A-Z_]*", value) or re.search(r"[…<>\[\]{}*$]", value))


def close_to(name, names):
    close = difflib.get_close_matches(name, names, 1)
    return f" (there is {close[0]})" if close else ""


class Names:
    def __init__(self, repository):
        self.repository, self.faults, self.metadata, self.missing = repository, [], {}, []
        # `text/html` is not a path, but `guide/list.md` is, as there are tracked files with this extension.
        self.extensions = {os.path.splitext(path)[1] for path in repository.tracked} - {""}
        self.top = {path.split("/")[0] for path in repository.folders if path != "."}
        self.tails = set()
        for path in repository.tracked | repository.folders:
            parts = path.split("/")
            self.tails.update("/".join(parts[start:]) for start in range(len(parts)))

    def fault(self, path, line, message):
        self.faults.append((path, line, message))

    def looks_like_path(self, word):
        if not re.fullmatch(r"[\w.@+-]+(?:/[\w.@+-]+)*/?", word) or "/" not in word:
            return False
        return word.endswith("/") or word.split("/")[0] in self.top | {".."} or os.path.splitext(word)[1] in self.extensions

    def check_path(self, document, line, word):
        name = word.removeprefix("./").rstrip("/")
        beside = os.path.normpath(os.path.join(os.path.dirname(document.path), name))
        if name not in self.tails and beside not in self.repository.tracked | self.repository.folders:
            self.missing.append((document.path, line, word))

    def report_missing(self):
        """Paths that are not tracked are right if they are ignored: `target/ci` is where something will be."""
        ignored = self.repository.ignored({word for _, _, word in self.missing})
        for path, line, word in self.missing:
            if word not in ignored:
                advice = ": git add it" if self.repository.exists(word) else ""
                self.fault(path, line, f"`{word}` looks like a path of this repository, but git tracks no such file or folder{advice}")

    def check(self, document):
        path = document.path
        # What a released version had may be gone by now.
        released = RELEASED.search(document.without_blocks) if os.path.basename(path) == "CHANGELOG.md" else None
        end = document.line_at(released.start()) if released else None
        for line, code in document.spans:
            if end and line >= end:
                continue
            if self.looks_like_path(code):
                self.check_path(document, line, code)
            elif " " in code:
                self.check_commands(document, line, code)
        for block in document.blocks:
            self.check_commands(document, block.line, script_of(block))

    def check_commands(self, document, line, text):
        for words in commands(text):
            if cargo := split_cargo(self.repository, words):
                self.check_cargo(document.path, line, cargo[1])
                continue
            program = [word for word in words if not ASSIGNMENT.fullmatch(word) and word not in INTERPRETERS][:1]
            if program and self.looks_like_path(program[0]):
                self.check_path(document, line, program[0])

    def packages(self, manifest):
        """The packages of the workspace of this manifest, as `cargo metadata` lists them, with the one of the manifest first."""
        if manifest not in self.metadata:
            run = subprocess.run(
                ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest],
                cwd=self.repository.root, capture_output=True, text=True,
            )
            if run.returncode != 0:
                raise SystemExit(f"cargo metadata fails for {manifest}:\n{run.stderr}")
            packages = json.loads(run.stdout)["packages"]
            own = os.path.join(self.repository.root, manifest)
            self.metadata[manifest] = sorted(packages, key=lambda package: package["manifest_path"] != own)
        return self.metadata[manifest]

    def check_cargo(self, path, line, words):
        options, flags, positional = {}, set(), []
        arguments = iter(words[1:words.index("--")] if "--" in words else words[1:])
        for word in arguments:
            name, has_value, value = word.partition("=")
            if name in WITH_VALUE:
                options.setdefault("-p" if name == "--package" else name, []).append(value if has_value else next(arguments, ""))
            elif word.startswith("-"):
                flags.add(word)
            elif not word.startswith("+"):
                positional.append(word)
        command = positional[0] if positional else ""
        options = {name: [value for value in values if not is_placeholder(value)] for name, values in options.items()}
        manifests = [os.path.join(folder, "Cargo.toml") for folder in options.get("--path", [])] + options.get("--manifest-path", [])
        for manifest in manifests:
            if os.path.normpath(manifest) not in self.repository.tracked:
                self.fault(path, line, f"there is no {manifest}, which this command needs: {' '.join(words)}")
                return
        if command == "fuzz" and positional[1:2] == ["run"]:
            self.check_fuzz_target(path, line, positional[2:3])
        elif command in BUILDING and (manifests or "Cargo.toml" in self.repository.tracked):
            self.check_targets(path, line, options, flags, os.path.normpath((manifests or ["Cargo.toml"])[0]))

    def check_targets(self, path, line, options, flags, manifest):
        packages = self.packages(manifest)
        names = [package["name"] for package in packages]
        for name in options.get("-p", []):
            if name.partition("@")[0] not in names:
                self.fault(path, line, f"there is no package {name} in the workspace{close_to(name, names)}")
                return
        if "-p" in options:
            chosen = [package for package in packages if package["name"] in options["-p"]]
        else:
            own = os.path.join(self.repository.root, manifest)
            everything = flags & {"--workspace", "--all"} or not any(package["manifest_path"] == own for package in packages)
            chosen = packages if everything else packages[:1]
        wanted = [feature for name in ("--features", "-F") for value in options.get(name, []) for feature in re.split(r"[\s,]+", value)]
        for feature in wanted:
            known = [name for package in chosen for name in package["features"]]
            if "/" not in feature and feature not in known and not is_placeholder(feature):
                self.fault(path, line, f"there is no feature {feature} in {', '.join(p['name'] for p in chosen)}{close_to(feature, known)}")
        for option, kind in TARGETS.items():
            for name in options.get(option, []):
                self.check_target(path, line, chosen, (kind, name), wanted, flags)
        for name in options.get("--profile", []):
            profiles = tomllib.loads(self.repository.read(manifest)).get("profile", {})
            if name not in {"dev", "release", "test", "bench", *profiles}:
                self.fault(path, line, f"there is no profile {name} in {manifest}{close_to(name, profiles)}")

    def check_target(self, path, line, packages, target, wanted, flags):
        kind, name = target
        found = [(package, each) for package in packages for each in package["targets"] if kind in each["kind"]]
        matching = [(package, each) for package, each in found if each["name"] == name]
        if not matching:
            names = [each["name"] for _, each in found]
            where = ", ".join(package["name"] for package in packages[:3])
            self.fault(path, line, f"there is no {kind} {name} in {where}{close_to(name, names)}")
        for package, each in matching:
            enabled = enabled_features(package["features"], wanted, flags)
            if lacking := set(each.get("required-features", ())) - enabled:
                self.fault(path, line, f"the {kind} {name} needs --features {','.join(sorted(lacking))}")

    def check_fuzz_target(self, path, line, names):
        if "fuzz/Cargo.toml" not in self.repository.tracked:
            return
        known = [each["name"] for each in tomllib.loads(self.repository.read("fuzz/Cargo.toml")).get("bin", [])]
        for name in names:
            if name not in known and not is_placeholder(name):
                self.fault(path, line, f"there is no fuzz target {name}{close_to(name, known)}")


def enabled_features(table, wanted, flags):
    if "--all-features" in flags:
        return set(table)
    enabled, pending = set(), [feature.rpartition("/")[2] for feature in wanted]
    pending += [] if "--no-default-features" in flags else ["default"]
    while pending:
        feature = pending.pop()
        if feature in table and feature not in enabled:
            enabled.add(feature)
            pending += table[feature]
    return enabled


def script_of(block):
    """What is run: in a `console` block the lines after `$ `, elsewhere all."""
    if block.language != "console":
        return block.text
    return "\n".join(line[2:] for line in block.text.split("\n") if line.startswith("$ "))


def check(repository, documents):
    names = Names(repository)
    for path in documents:
        if path.endswith(".md"):
            names.check(repository.document(path))
    names.report_missing()
    return names.faults
