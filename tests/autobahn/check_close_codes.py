#!/usr/bin/env python3
"""check_close_codes.py REPORT_DIR EXPECTED_CASES

Holds how each connection in an Autobahn report was closed against the table below, which is stricter than the suite:
it has one code for each case (read from the suite's case definitions) where the suite accepts others, an empty Close
frame, or none at all. In every case the side under test must have sent exactly one Close frame, with that code, must
have completed the closing handshake, and must not have made the suite wait for a timeout.

Prints every deviation, and how many cases closed with which code. Exits 1 if there is a deviation, or if the report
does not hold EXPECTED_CASES cases.
"""

import collections
import json
import os
import re
import sys

EMPTY = None  # a Close frame without a code

# The first line that matches a case has its code. Cases without a line here begin their close with 1000, to be echoed.
TABLE = [
    (1002, r"2\.5", "a ping of 126 bytes"),
    (1002, r"3\..*", "reserved bits"),
    (1002, r"4\..*", "reserved opcodes"),
    (1002, r"5\.[12]", "fragmented control frames"),
    (1002, r"5\.(9|1[0-8])", "a continuation of nothing, a message within a message"),
    (1007, r"6\.[34]\..*", "invalid UTF-8: in one frame, in several, in a frame that comes in pieces"),
    (1007, r"6\.6\.([13468]|10)", "a text that ends within a character"),
    (1007, r"6\.(8|10)\..*|6\.11\.5", "code points above U+10FFFF"),
    (1007, r"6\.(1[2-9]|2[01])\..*", "stray and missing continuation bytes, overlong forms, surrogates"),
    (EMPTY, r"7\.3\.1", "an empty Close frame is answered by an empty one"),
    (1002, r"7\.3\.2", "a Close frame with half a code"),
    (1002, r"7\.3\.6", "a Close frame of 126 bytes"),
    (1007, r"7\.5\.1", "a close reason that is not UTF-8"),
    (1002, r"7\.9\..*|7\.13\..*", "close codes that must not be sent, or have no meaning"),
]
# 7.7.1 to 7.7.13 send these, to be echoed.
VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
TABLE += [(code, rf"7\.7\.{number}", "a valid code is echoed") for number, code in enumerate(VALID, 1)]


def right_code(case):
    return next((code for code, cases, _ in TABLE if re.fullmatch(cases, case)), 1000)


def deviations(case, report):
    """What is wrong with the closing of this case."""
    got, right = report["remoteCloseCode"], right_code(case)
    accepted = report["expectedClose"]["closeCode"]
    if right is not EMPTY and right not in accepted:
        yield f"our table says {right}, but the suite accepts {accepted}: the table is wrong"
    frames = report["rxFrameStats"].get("8", 0)
    if frames != 1:
        yield f"{frames} Close frames instead of one"
    elif got != right:
        yield f"close code {got or 'missing'} instead of {right or 'an empty Close frame'}"
    if not report["wasClean"]:
        yield f"not a clean close: {report['wasNotCleanReason']}"
    if any(entry[0] in ("KLE", "TIE") for entry in report["wirelog"]):
        yield "the suite had to end the connection after a timeout"


folder, expected = sys.argv[1], int(sys.argv[2])
with open(os.path.join(folder, "index.json")) as index:
    agents = json.load(index)
wrong = 0
for agent, cases in agents.items():
    counts = collections.Counter()
    if len(cases) != expected:
        wrong += 1
        print(f"FAIL {agent}: {len(cases)} cases instead of {expected}")
    for case, result in sorted(cases.items(), key=lambda item: [int(n) for n in item[0].split(".")]):
        with open(os.path.join(folder, result["reportfile"])) as file:
            report = json.load(file)
        counts[report["remoteCloseCode"] or "empty"] += 1
        for deviation in deviations(case, report):
            wrong += 1
            print(f"FAIL {agent}: {case}: {deviation}")
    print(f"{agent}: close codes received:", ", ".join(f"{count} × {code}" for code, count in counts.most_common()))
if wrong or not agents:
    sys.exit(f"{wrong} deviations from the table of close codes")
