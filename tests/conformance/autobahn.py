#!/usr/bin/env python3
"""autobahn.py REPORTS COMMAND [DATE]

Writes autobahn.json from the reports (target/autobahn/reports) that COMMAND has made, for ledger.py to read.
"""

import datetime
import json
import sys
from pathlib import Path


def role(reports, name):
    index = json.loads((reports / name / "report" / "index.json").read_text())
    (cases,) = index.values()  # one agent in a report
    order = sorted(cases, key=lambda case: [int(part) for part in case.split(".")])
    behaviours = {case: {cases[case]["behavior"], cases[case]["behaviorClose"]} for case in order}
    lists = {kind: [] for kind in ("informational", "non_strict", "failed")}
    for case, behaviour in behaviours.items():
        if behaviour <= {"OK"}:
            continue
        if "NON-STRICT" in behaviour and behaviour <= {"OK", "NON-STRICT"}:
            lists["non_strict"].append(case)
        elif "INFORMATIONAL" in behaviour and behaviour <= {"OK", "INFORMATIONAL"}:
            lists["informational"].append(case)
        else:
            lists["failed"].append(case)
    ok = len(order) - sum(map(len, lists.values()))
    return {"cases": len(order), "ok": ok, **lists}, sorted({int(case.split(".")[0]) for case in order})


def main():
    reports, command, *date = sys.argv[1:]
    server, sections = role(Path(reports), "server")
    client, _ = role(Path(reports), "client")
    data = {
        "date": date[0] if date else datetime.date.today().isoformat(),
        "command": command,
        "sections": ", ".join(map(str, sections)),
        "server": server,
        "client": client,
    }
    target = Path(__file__).with_name("autobahn.json")
    target.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


main()
