#!/usr/bin/env python3
"""Writes docs/CONFORMANCE.md. With --check, prints what is missing or wrong instead, and fails if there is anything.

A test cites the statements that it tests in its doc comment: `[I-07]`, or `[I-07, I-08]`. The page is made from these files:

  intro.md         the beginning of the page
  statements.tsv   the requirements, one in each line
  decisions.tsv    the decisions where the RFCs conflict or are silent, and the sentence of the docs that states each
  accounts.tsv     why a statement needs no test, or what the driver or the application must do
  autobahn.json (from autobahn.py), mutation.json   results of long runs

The column `why` of accounts.tsv depends on the kind. For `by construction`, it is the reason why the statement cannot be
violated. For `driver` and `application`, it is their duty, with the API for it and a file that shows it. For `not applicable`,
it is the reason.
"""

import csv
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "conformance"
GROUPS = {
    "A": "URIs", "B": "Client: before the handshake", "C": "Client: the request", "D": "Client: the response",
    "E": "Server: the request", "F": "Server: the response", "G": "HTTP/1.1 syntax", "H": "Header fields",
    "I": "Framing", "J": "Masking", "K": "Fragmentation", "L": "Control frames", "M": "Text", "N": "Messages",
    "O": "Closing", "P": "Close codes", "Q": "Extensions", "R": "Limits", "S": "permessage-deflate: negotiation",
    "T": "permessage-deflate: data", "U": "HTTP/2", "V": "HTTP/3", "W": "Examples of the RFCs",
}
DUTIES = {"driver": "D", "application": "A"}
KINDS = ["by construction", *DUTIES, "not applicable"]
CITATION = re.compile(r"\[([A-Z]-\d\d(?:, ?[A-Z]-\d\d)*)\]")
TEST = re.compile(r"#\[(?:test\]|tokio::test\b)")
FN = re.compile(r"(?:pub(?:\(.*?\))? )?(?:async )?fn (\w+)")


def table(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def sources(*folders):
    """All Rust files, without those of build directories."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.rs")))
    return [path for path in files if "target" not in path.relative_to(ROOT).parts]


def citations(text):
    return [id for found in CITATION.findall(text) for id in re.split(", ?", found)]


def tests(complaints):
    """For each ID the tests that cite it, as (path, function)."""
    found = {}
    for path in sources("src", "tests"):
        name = path.relative_to(ROOT).as_posix()
        doc, attributes = [], []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = line.strip()
            if line.startswith("///"):
                doc.append(line[3:].strip())
            elif line.startswith("#["):
                attributes.append(line)
            elif line:
                function = FN.match(line)
                ids = citations(" ".join(doc))
                if function and any(map(TEST.match, attributes)):
                    for id in ids:
                        found.setdefault(id, []).append((name, function[1]))
                elif ids:
                    complaints.append(f"{name}:{number}: {', '.join(ids)} cited above something that is not a test")
                doc, attributes = [], []
    return found


def expand(ids):
    """`S-01` is itself, `S-01..S-03` is all of them."""
    first, _, last = ids.partition("..")
    if not last:
        return [first]
    return [f"{first[0]}-{number:02}" for number in range(int(first[2:]), int(last[2:]) + 1)]


def accounts(complaints):
    found = {}
    for row in table("accounts.tsv"):
        if row["kind"] not in KINDS or not row["why"]:
            complaints.append(f"accounts.tsv: {row['id']}: the kind must be one of {KINDS}, and there must be a why")
        for id in expand(row["id"]):
            found.setdefault(id, []).append(row)
    return found


def defines(text, name):
    """Whether Rust code defines an item, a field or a variant of this name."""
    return re.search(rf"\b(?:fn|const|struct|enum|trait|type|mod) {name}\b|^\s*(?:pub )?{name}(?::|,|\(| \{{)", text, re.M)


def check_api(path, complaints, where):
    *before, name = path.split("::")
    places = [file.read_text(encoding="utf-8") for file in sources("src")]
    if before and before[-1][0].isupper():
        # What belongs to a type stands in its definition, or in an `impl` for it.
        block = rf"^(?:pub )?(?:impl|struct|enum|trait)\b[^{{;]*\b{before[-1]}\b[^{{;]*{{(.*?)^}}"
        places = [found for text in places for found in re.findall(block, text, re.S | re.M)]
    if not any(defines(text, name) for text in places):
        complaints.append(f"{where}: there is no {path} in src")


def check_accounts(statements, found, cited, complaints):
    for id, rows in found.items():
        if id not in statements:
            complaints.append(f"accounts.tsv: {id} is not a statement")
            continue
        for row in rows:
            if row["kind"] not in DUTIES and id in cited:
                complaints.append(f"accounts.tsv: {id} is \"{row['kind']}\", but there are tests of it: {cited[id][0]}")
            if row["kind"] in DUTIES and DUTIES[row["kind"]] not in statements[id].get("owner", ""):
                complaints.append(f"accounts.tsv: {id} is not owned by the {row['kind']}")
    for row in table("accounts.tsv"):
        where, apis = f"accounts.tsv: {row['id']}", row["api"].split()
        for api in apis:
            check_api(api, complaints, where)
        if row["kind"] in DUTIES and not (apis and row["shown"]):
            complaints.append(f"{where}: a duty needs an API and a file that shows it")
        shown = ROOT / row["shown"]
        if row["shown"] and not shown.is_file():
            complaints.append(f"{where}: there is no file {row['shown']}")
        elif row["shown"] and not any(api.split("::")[-1] in shown.read_text(encoding="utf-8") for api in apis):
            complaints.append(f"{where}: {row['shown']} has none of {apis}")


def check_decisions(decisions, complaints):
    docs = "\n".join(path.read_text(encoding="utf-8") for path in sources("src"))
    docs = " ".join(re.sub(r"^\s*//[/!]", "", docs, flags=re.M).split())
    for id, row in decisions.items():
        check_api(row["item"], complaints, f"decisions.tsv: {id}")
        if row["says"] not in docs:
            complaints.append(f"decisions.tsv: {id}: no doc comment in src has the sentence \"{row['says']}\"")


def check_complete(statements, found, cited, complaints):
    for id in cited.keys() - statements.keys():
        complaints.append(f"{'::'.join(cited[id][0])} cites {id}, which is not a statement")
    for id, row in statements.items():
        kinds = {account["kind"] for account in found.get(id, [])}
        owners = set(row["owner"].split("+"))
        if id not in cited and not kinds:
            complaints.append(f"{id} has neither a test nor an account: {row['statement']}")
        if "L" in owners and id not in cited and kinds and kinds <= DUTIES.keys():
            complaints.append(f"{id} has no test of the library's part: {row['statement']}")
        if owners & set(DUTIES.values()) and not kinds & {*DUTIES, "not applicable"}:
            complaints.append(f"{id} is owned by {row['owner']}, but there is no account of that duty")


def plain(text):
    return text.replace("|", "\\|").replace("*", "\\*")


def link(text, path):
    """A link to a path of the repository: the page is in `docs`."""
    return f"[{text}](../{path})"


def held_by(id, found, cited):
    names = [link(f"{Path(path).stem}::{function}", path) for path, function in cited.get(id, [])]
    for row in found.get(id, []):
        apis = " ".join(f"`{api}`" for api in row["api"].split())
        shown = f", shown in {link(row['shown'], row['shown'])}" if row["shown"] else ""
        names.append(f"*{row['kind']}*: {plain(row['why'])}" + (f" ({apis}{shown})" if apis else ""))
    return "<br>".join(names)


def status(id, found, cited):
    if id in cited:
        return "tested"
    kinds = [row["kind"] for row in found.get(id, [])]
    return "duty" if kinds and kinds[0] in DUTIES else kinds[0] if kinds else "missing"


def autobahn():
    data = json.loads((HERE / "autobahn.json").read_text())
    yield f"The {link('Autobahn test suite', 'tests/autobahn')}, sections {data['sections']} (12 and 13 are about compression), by"
    yield f"`{data['command']}` on {data['date']}:\n"
    yield "| role | cases | OK | informational | non-strict | failed |\n|---|---|---|---|---|---|"
    for role in ("server", "client"):
        run = data[role]
        if not run:
            yield f"| {role} | not run yet | | | | |"
            continue
        lists = [", ".join(run[kind]) or "none" for kind in ("informational", "non_strict", "failed")]
        yield f"| {role} | {run['cases']} | {run['ok']} | {' | '.join(lists)} |"


def mutation():
    data = json.loads((HERE / "mutation.json").read_text())
    yield "| sources | commit | date | mutants | do not compile | caught by a test | equivalent |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for run in data["runs"]:
        assert run["mutants"] == run["unviable"] + run["caught"] + run["explained"], f"{run['scope']}: mutants are missing"
        counts = " | ".join(str(run[kind]) for kind in ("mutants", "unviable", "caught", "explained"))
        yield f"| {run['scope']} | {run['commit']} | {run['date']} | {counts} |"
    yield ""
    yield "A mutant that makes the tests run until their timeout counts as caught, too. An equivalent mutant does not change what"
    yield f"the program computes; {link('each of these is explained', data['explanations'])}. Later changes than the commit are not covered."
    yield "The commands:\n"
    yield from (f"- `{run['command']}`" for run in data["runs"])


def render(statements, decisions, found, cited):
    columns = ["tested", "by construction", "duty", "not applicable"]
    count = {group: dict.fromkeys(columns, 0) for group in GROUPS}
    for id in statements:
        counts = count[id[0]]
        name = status(id, found, cited)
        counts[name] = counts.get(name, 0) + 1
    yield (HERE / "intro.md").read_text(encoding="utf-8").replace("{count}", str(len(statements)))
    yield "## In numbers\n\n| section | " + " | ".join(columns) + " |\n" + "|---" * (len(columns) + 1) + "|"
    for group, title in GROUPS.items():
        yield f"| [{group}](#{group.lower()}) {title} | " + " | ".join(str(count[group][name]) for name in columns) + " |"
    yield "| all | " + " | ".join(str(sum(counts[name] for counts in count.values())) for name in columns) + " |"
    yield "\n## Autobahn\n\n" + "\n".join(autobahn())
    yield "\n## Mutations\n\n" + "\n".join(mutation())
    yield "\n## Decisions\n\nThese concern points where the RFCs conflict, are silent, or leave a choice.\n"
    yield "| ID | question | decision | reason | documented at | tests |\n|---|---|---|---|---|---|"
    for id, row in decisions.items():
        texts = " | ".join(plain(row[name]) for name in ("question", "decision", "reason"))
        yield f"| {id} | {texts} | `{row['item']}` | {held_by(id, found, cited)} |"
    for group, title in GROUPS.items():
        yield f"\n<a id=\"{group.lower()}\"></a>\n\n## {group}. {title}\n"
        yield "| ID | source | level | role | owner | Autobahn | statement | verified by |\n" + "|---" * 8 + "|"
        for id, row in statements.items():
            if id[0] == group:
                cells = [plain(row[name]) for name in ("section", "level", "role", "owner", "autobahn", "statement")]
                yield f"| {id} | " + " | ".join(cells) + f" | {held_by(id, found, cited)} |"


def main():
    complaints = []
    statements = {row["id"]: row for row in table("statements.tsv")}
    decisions = {row["id"]: row for row in table("decisions.tsv")}
    found, cited = accounts(complaints), tests(complaints)
    page = "\n".join(render(statements, decisions, found, cited)) + "\n"
    if "--check" not in sys.argv[1:]:
        (ROOT / "docs" / "CONFORMANCE.md").write_text(page, encoding="utf-8")
        return 0
    everything = {**statements, **{id: {"owner": "L", "statement": row["question"]} for id, row in decisions.items()}}
    check_complete(everything, found, cited, complaints)
    check_accounts(everything, found, cited, complaints)
    check_decisions(decisions, complaints)
    written = ROOT / "docs" / "CONFORMANCE.md"
    if not written.is_file() or written.read_text(encoding="utf-8") != page:
        complaints.append("docs/CONFORMANCE.md is out of date: run python3 tests/conformance/ledger.py")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
