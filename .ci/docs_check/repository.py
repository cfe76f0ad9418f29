"""What git tracks in a repository, and what the files of it contain."""

import functools
import os
import subprocess
import tomllib

from docs_check.markdown import Document


class Repository:
    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.tracked = set(self.git("ls-files", "-z").split("\0")) - {""}
        self.folders = {"."}
        for path in self.tracked:
            while path := os.path.dirname(path):
                self.folders.add(path)
        self.aliases = self.read_aliases()

    def git(self, *arguments, **options):
        run = subprocess.run(["git", *arguments], cwd=self.root, text=True, stdout=subprocess.PIPE, **options)
        # 1 is "no" as an answer of `check-ignore`.
        if run.returncode not in (0, 1):
            raise SystemExit(f"git {' '.join(arguments)} fails with exit status {run.returncode}")
        return run.stdout

    def status(self):
        return set(self.git("status", "--porcelain", "--untracked-files=all").splitlines())

    def ignored(self, paths):
        if not paths:
            return set()
        return set(self.git("check-ignore", "--no-index", "-z", "--stdin", input="\0".join(paths)).split("\0")) - {""}

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    @functools.cache
    def document(self, path):
        return Document(path, self.read(path))

    def read_aliases(self):
        """Own subcommands of cargo, from `.cargo/config.toml`."""
        if ".cargo/config.toml" not in self.tracked:
            return {}
        aliases = tomllib.loads(self.read(".cargo/config.toml")).get("alias", {})
        return {name: words.split() if isinstance(words, str) else words for name, words in aliases.items()}

    def sources(self, suffix):
        return sorted(path for path in self.tracked if path.endswith(suffix) and self.exists(path))
