"""Links: relative ones lead to tracked files and their headings, external addresses are well-formed."""

import ipaddress
import os
import re
from urllib.parse import unquote

from docs_check.markdown import doc_comments

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!:)")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*\.(?:[A-Za-z]{{2,}}|xn--[A-Za-z0-9-]+)")
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9.-]+)(?:\?\S*)?")
AUTHORITY = re.compile(r"(?:https?|wss?)://(\[[^\]]*\]|[^/?#:]*)(?::([^/?#]*))?(/[^?#]*)?(?:[?#].*)?", re.I)
# What rustdoc looks up itself: `crate::Event`, `::tokio::io::duplex`, `fn@connect`, `accept()`, `deflate#what-it-costs`.
ITEM = re.compile(r"(?:\w+@)?(?:::)?\w+(?:::\w+)*(?:\(\)|!)?(?:#[\w.-]+)?")
GUIDE = re.compile(r"(?:crate::)?guide::(\w+)#([\w.-]+)")
GUIDES = "src/guide/"


def is_loopback(host):
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def fault_of_host(host):
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            return f"{host} is not a valid IPv6 address"
    elif re.fullmatch(r"[\d.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return f"{host} is not a valid IPv4 address"
    elif host.lower() != "localhost" and not HOST.fullmatch(host):
        return f'"{host}" is not a valid host name' if host else "it has no host"
    return None


def fault_of_address(address, delimited=True):
    """What is wrong with an external address, or None."""
    if bad := re.search(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]", address):
        return f"{bad[0]!r} must be percent-encoded" if bad[0] != " " else "it has a space"
    if re.search(r"%(?![0-9A-Fa-f]{2})", address):
        return "% must be followed by two hexadecimal digits"
    if delimited and (address[-1] in ".,:;!?'" or address.count(")") != address.count("(")):
        return "punctuation or a parenthesis at its end is not a part of an address"
    scheme = SCHEME.match(address)[1].lower()
    if scheme == "mailto":
        mail = MAIL.fullmatch(address[len("mailto:"):])
        return fault_of_host(mail[1]) if mail else "it must be mailto:NAME@HOST"
    if scheme not in ("http", "https", "ws", "wss"):
        return f"the scheme {scheme} is not one of https, http, mailto, wss, ws"
    parts = AUTHORITY.fullmatch(address)
    if not parts:
        return f"it must begin with {scheme}:// and a host"
    host, port, path = parts[1], parts[2], parts[3] or ""
    if "@" in host or port and "@" in port:
        return "it must not have a user name"
    if fault := fault_of_host(host):
        return fault
    if port is not None and not (port.isdecimal() and 0 < int(port) < 65536):
        return f'"{port}" is not a valid port'
    # An address can be a part of another one's path: https://web.archive.org/web/2024/https://example.com/.
    if re.search(r"(?<!:)//", path):
        return "its path has a double slash"
    namespace = host == "www.w3.org" and re.match(r"/(?:19|20)\d\d/", path)
    if scheme in ("http", "ws") and not is_loopback(host) and not namespace:
        return f"use {scheme}s:// ({scheme}:// is for loopback addresses and XML namespaces)"
    return None


class Links:
    """Judges the links of one repository."""

    def __init__(self, repository):
        self.repository, self.faults = repository, []

    def fault(self, document, line, message):
        self.faults.append((document.path, line, message))

    def check(self, document):
        in_rustdoc = document.path.endswith(".rs") or document.path.startswith(GUIDES)
        for line, target, delimited in document.links():
            if not target:
                self.fault(document, line, "the link has no target")
            elif in_rustdoc and ITEM.fullmatch(target):
                self.check_guide(document, line, target)
            elif SCHEME.match(target):
                if fault := fault_of_address(target, delimited):
                    self.fault(document, line, f"the address {target} is not well-formed: {fault}")
            elif target.startswith("//"):
                self.fault(document, line, f"the address {target} is not well-formed: it has no scheme, such as https:")
            elif in_rustdoc and not target.startswith("#"):
                self.fault(document, line, f"the link to {target} does not work in the pages of rustdoc: link to an item or to an address")
            else:
                self.check_relative(document, line, target)
        if not in_rustdoc:
            for line, label in document.undefined_references():
                self.fault(document, line, f"there is no line `[{label}]: …` that defines the link [{label}]")

    def check_guide(self, document, line, target):
        """Fragments of the guides, which rustdoc does not look up."""
        if guide := GUIDE.fullmatch(target):
            path = f"{GUIDES}{guide[1]}.md"
            if self.repository.exists(path) and guide[2] not in self.repository.document(path).anchors():
                self.fault(document, line, f"the link to {target} leads nowhere: {path} has no heading #{guide[2]}")

    def check_relative(self, document, line, target):
        path, _, fragment = target.partition("#")
        path = unquote(path.partition("?")[0])
        folder = os.path.dirname(document.path)
        if path.startswith("/"):
            self.fault(document, line, f"the link to {target} begins with a slash: write it relative to this document")
            return
        file = os.path.normpath(os.path.join(folder, path)) if path else document.path
        if file == ".." or file.startswith("../"):
            self.fault(document, line, f"the link to {target} leads out of the repository")
        elif file not in self.repository.tracked and file not in self.repository.folders:
            exists = self.repository.exists(file)
            reason = f"{file} exists, but git does not track it: git add it" if exists else f"there is no {file}"
            self.fault(document, line, f"the link to {target} leads nowhere: {reason}")
        elif not self.repository.exists(file):
            self.fault(document, line, f"the link to {target} leads nowhere: {file} has been deleted")
        elif fragment:
            self.check_fragment(document, line, target, file, unquote(fragment))

    def check_fragment(self, document, line, target, file, fragment):
        if file.endswith(".md"):
            found = document if file == document.path and document.first == 1 else self.repository.document(file)
            if fragment not in found.anchors():
                self.fault(document, line, f"the link to {target} leads nowhere: {file} has no heading #{fragment}")
            return
        lines = re.fullmatch(r"L(\d+)(?:-L(\d+))?", fragment)
        if not lines or file in self.repository.folders:
            self.fault(document, line, f"the link to {target} leads nowhere: {file} has no headings")
        elif int(lines[2] or lines[1]) > len(self.repository.read(file).splitlines()):
            self.fault(document, line, f"the link to {target} leads nowhere: {file} has fewer lines")


def check(repository, documents):
    links = Links(repository)
    for path in documents:
        found = [repository.document(path)] if path.endswith(".md") else doc_comments(path, repository.read(path))
        for document in found:
            links.check(document)
            links.faults += [(path, *fault) for fault in document.faults]
            document.faults.clear()
    return links.faults
