#!/usr/bin/env python3
"""check_compression.py REPORT_DIR

Holds how much the side under test sent in the cases of sections 12 and 13 against what it would have sent without
compression. The suite does not: who agrees to permessage-deflate and never uses it passes.

Each message of a case is a piece of a file, and is echoed. What is text must come back in less than 80 % of its bytes,
except pieces of 16 bytes, which are below our threshold. A picture and a PDF hardly compress (more so at the fastest level),
but must not take more than they have.

Prints every deviation, and what the cases came to. Exits 1 if there is a deviation, or no case.
"""

import collections
import json
import os
import re
import sys

TEXT = r"12\.[134]\..*|13\..*"  # JSON, Goethe's Faust, HTML; section 13 uses the JSON throughout
TOO_SHORT = r".*\.1"


def deviation(case, plain, sent):
    if not plain:
        return "nothing was echoed"
    if sent > plain:
        return f"{sent} bytes for messages of {plain}"
    if re.fullmatch(TEXT, case) and not re.fullmatch(TOO_SHORT, case) and sent > 0.8 * plain:
        return f"{sent} bytes for text of {plain}: that is not compressed"
    return None


folder = sys.argv[1]
with open(os.path.join(folder, "index.json")) as index:
    agents = json.load(index)
wrong, checked = 0, 0
for agent, cases in agents.items():
    total = collections.defaultdict(lambda: [0, 0, 0])
    for case, result in cases.items():
        if not re.match(r"1[23]\.", case):
            continue
        with open(os.path.join(folder, result["reportfile"])) as file:
            traffic = json.load(file)["trafficStats"] or {}
        plain, sent = traffic.get("incomingOctetsAppLevel", 0), traffic.get("incomingOctetsWebSocketLevel", 0)
        checked += 1
        if problem := deviation(case, plain, sent):
            wrong += 1
            print(f"FAIL {agent}: {case}: {problem}")
        group = total[case.rpartition(".")[0]]
        for i, value in enumerate((1, plain, sent)):
            group[i] += value
    for group, (count, plain, sent) in sorted(total.items(), key=lambda item: [int(n) for n in item[0].split(".")]):
        print(f"{agent}: {group}.*, {count} cases: {plain} bytes sent in {sent}, {100 * sent / (plain or 1):.1f} %")
if wrong or not checked:
    sys.exit(f"{wrong} of {checked} cases are not compressed")
