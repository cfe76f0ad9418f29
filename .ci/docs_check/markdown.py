"""Reads Markdown: its links, headings, code spans, and shell blocks with the markers above them."""

import bisect
import re
from dataclasses import dataclass, field

SHELLS = {"sh", "bash", "shell", "console"}
FENCE = re.compile(r"(?P<indent>[ >]*(?:(?:[-*+]|\d+[.)]) +)*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*?)\s*$")
LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d+[.)])\s")
# What has precedence over a link, in the order in which it begins. No code span goes beyond its paragraph.
OPAQUE = re.compile(
    r"\\[\\`\[\]<]|(?P<comment><!--.*?-->)|(?P<ticks>(?<!`)`+(?!`))(?P<code>(?:(?!\n[ \t]*\n).)+?)(?<!`)(?P=ticks)(?!`)", re.S
)
DESTINATION = r"<[^<>\n]*>|(?:[^\s()<>]|\([^\s()]*\))*"
TITLE = r"(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
LINK = re.compile(rf"\]\(\s*({DESTINATION}){TITLE}\s*\)")
BROKEN_LINK = re.compile(r"\]\(([^()\n]*)\)?")
DEFINITION = re.compile(rf"^ {{0,3}}\[(?!\^)([^\]\n]+)\]:[ \t]*(<[^<>\n]*>|\S+){TITLE}[ \t]*$", re.M)
REFERENCE = re.compile(r"(?<!\\)\[([^\[\]]*)\]\[([^\[\]]*)\]")
AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^<>\n]*)>")
BARE = re.compile(r"(?<![\w/\"'=])(?:https?://|mailto:)[^\s<>|\0]*")
TAG = re.compile(r"<[A-Za-z][^<>]*>")
ATTRIBUTE = re.compile(r"\b(href|src|srcset|id|name)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
HEADING = re.compile(r"^ {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$|^(?![ \t]*[|#>-])[ \t]*(\S.*)\n {0,3}(?:=+|-+)[ \t]*$", re.M)
MARKER = re.compile(r"<!--\s*(not run|server|expect)\b(.*?)-->", re.S)


@dataclass
class Block:
    """A shell block: the line of its fence, its text, and its markers as (line, kind, value)."""

    line: int
    language: str
    text: str
    markers: list = field(default_factory=list)
    has_other_comments: bool = False

    def values(self, kind):
        return [value for _, name, value in self.markers if name == kind]


def blank(text):
    """The same number of lines and characters, with nothing in them."""
    return re.sub(r"[^\n]", "\0", text)


class Document:
    """A Markdown file, or a run of doc comments that begins in line `first`."""

    def __init__(self, path, text, first=1):
        self.path, self.text, self.first = path, text, first
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.blocks, self.faults, self.spans = [], [], []
        without_blocks = self.read_blocks()
        comments = []
        self.prose = OPAQUE.sub(lambda match: self.read_opaque(match, comments), without_blocks)
        self.without_blocks = without_blocks
        self.read_markers(comments)

    def line_at(self, offset):
        return bisect.bisect_right(self.starts, offset) + self.first - 1

    def fault(self, line, message):
        self.faults.append((line, message))

    def read_blocks(self):
        """Collects the shell blocks, and returns the text without any code blocks."""
        kept, opened, body, in_list, in_code, before = [], None, [], False, False, ""
        for number, line in enumerate(self.text.split("\n"), self.first):
            if opened:
                kept.append("")
                inner = line.lstrip(" >") if ">" in opened["indent"] else line.strip()
                if re.fullmatch(rf"{re.escape(opened['fence'][0])}{{{len(opened['fence'])},}}\s*", inner):
                    self.close_block(opened, start, body)
                    opened = None
                else:
                    body.append(line[len(opened["indent"]):] if not line[:len(opened["indent"])].strip(" >") else line)
            elif opened := FENCE.match(line):
                start, body, in_code = number, [], False
                kept.append("")
            else:
                in_list = bool(LIST_ITEM.match(line)) or in_list and (not line.strip() or line.startswith(" "))
                in_code = line.startswith("    ") and (in_code or not before.strip()) and not in_list
                kept.append("" if in_code else line)
            before = line
        if opened:
            self.fault(start, f"the block that begins here with {opened['fence']} has no end")
        # Offsets stay those of the text.
        return "\n".join(new or blank(old) for new, old in zip(kept, self.text.split("\n"), strict=True))

    def close_block(self, fence, line, body):
        language = re.split(r"[\s,{]", fence["info"], maxsplit=1)[0].lower()
        if not language and self.path.endswith(".md"):
            self.fault(line, "the block has no language: write one behind the fence, such as ```sh or ```text")
        if language in SHELLS:
            self.blocks.append(Block(line, language, "\n".join(body)))

    def read_opaque(self, match, comments):
        if match["comment"]:
            comments.append((match.start(), match["comment"]))
        elif match["code"]:
            code = " ".join(match["code"].split()).replace("\\|", "|")
            self.spans.append((self.line_at(match.start()), code))
        return blank(match[0])

    def read_markers(self, comments):
        """Gives each marker to the block below it. Several of them stand one above the other."""
        lines = {}
        for offset, comment in comments:
            line = self.line_at(offset + len(comment))
            if self.text[self.starts[line - self.first]:].split("\n")[0].lstrip(" >").rstrip() == comment:
                lines[line] = comment
            elif MARKER.match(comment):
                self.fault(line, f"the marker {comment} must have a line of its own, above a shell block")
        for block in self.blocks:
            line = block.line - 1
            while comment := lines.pop(line, None):
                marker = MARKER.fullmatch(comment)
                if marker and marker[2].startswith(":") and marker[2][1:].strip():
                    block.markers.insert(0, (line, marker[1], marker[2][1:].strip()))
                else:
                    block.has_other_comments = True
                    self.fault(line, f"{comment} is not a marker for a block: see .ci/docs for those that there are")
                line -= 1
        for line, comment in lines.items():
            if MARKER.match(comment):
                self.fault(line, f"the marker {comment} is not above a shell block: the block must begin in the next line")

    def links(self):
        """(line, target, whether the author has written where it ends)"""
        rest, found = self.prose, []

        def take(match, target, delimited=True):
            target = target[1:-1] if target.startswith("<") and target.endswith(">") else target
            found.append((self.line_at(match.start()), target, delimited))
            return blank(match[0])

        rest = LINK.sub(lambda match: take(match, match[1]), rest)
        for match in BROKEN_LINK.finditer(rest):
            self.fault(self.line_at(match.start()), f"({match[1]}) is not a valid target of a link: it has a space, < or ( without )")
        rest = DEFINITION.sub(lambda match: take(match, match[2]), rest)
        rest = AUTOLINK.sub(lambda match: take(match, match[1]), rest)
        for tag in TAG.finditer(rest):
            for name, *values in ATTRIBUTE.findall(tag[0]):
                value = "".join(values)
                if name in ("href", "src"):
                    take(tag, value)
                elif name == "srcset":
                    for image in value.split(","):
                        take(tag, image.split()[0] if image.split() else "")
        rest = TAG.sub(lambda match: blank(match[0]), rest)
        for match in BARE.finditer(rest):
            # A renderer leaves such an address at its last character that is no punctuation.
            address = re.sub(r"[?!.,:;*_~'\"]+$", "", match[0])
            while address.endswith(")") and address.count(")") > address.count("("):
                address = re.sub(r"[?!.,:;*_~'\"]+$", "", address[:-1])
            take(match, address, False)
        return found

    def undefined_references(self):
        """Links like `[text][label]` without a line `[label]: target`."""
        plain = re.compile(r"\s+")
        defined = {plain.sub(" ", match[1]).casefold() for match in DEFINITION.finditer(self.without_blocks)}
        for match in REFERENCE.finditer(self.prose):
            label = self.without_blocks[match.start(2):match.end(2)] or self.without_blocks[match.start(1):match.end(1)]
            if plain.sub(" ", label).casefold() not in defined:
                yield self.line_at(match.start()), label

    def anchors(self):
        """What a fragment can name: headings, by GitHub's rules, and explicit ids."""
        found, count = set(), {}
        for match in HEADING.finditer(self.without_blocks):
            slug = slug_of(match[1] or match[2] or "")
            found.add(f"{slug}-{count[slug]}" if slug in count else slug)
            count[slug] = count.get(slug, 0) + 1
        for tag in TAG.finditer(self.prose):
            found |= {"".join(values) for name, *values in ATTRIBUTE.findall(tag[0]) if name in ("id", "name")}
        return found


def slug_of(heading):
    codes = []

    def keep(match):
        codes.append(match[2])
        return f"\0{len(codes) - 1}\0"

    text = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", keep, heading)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"(?<!\w)_+|_+(?!\w)", "", text)
    text = re.sub(r"\0(\d+)\0", lambda match: codes[int(match[1])].strip(), text)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def doc_comments(path, text):
    """The runs of `///` and `//!` in a Rust file, each as a document."""
    run, first = [], 0
    for number, line in enumerate((text + "\n").split("\n"), 1):
        comment = re.match(r"\s*//(?:/(?!/)|!) ?(.*)", line)
        if comment:
            first = first or number
            run.append(comment[1])
        elif run:
            if "]" in "".join(run) or ":" in "".join(run):
                yield Document(path, "\n".join(run), first)
            run, first = [], 0
