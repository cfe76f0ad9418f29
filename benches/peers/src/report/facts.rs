use crate::subjects::ALL;
use bowline_page::facts::{head, version};
use std::fmt::Write;

/// What was resolved for this program.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

/// The head of the page: what was measured, how, on what, and with which versions.
pub(super) fn page(effort: &str, command: &str) -> String {
    let note = format!(
        "Written by `{command}`; do not edit. What has to be reached, and what was missed, is in the first table. Servers over \
         sockets have [a page of their own](echo/RESULTS.md)."
    );
    let mut page = head("bowline, its peers and a floor, in memory", &note, effort);
    page.push_str(METHOD);
    page.push_str("\n## Subjects\n\n| subject | version | kind | how it is driven |\n|---|---|---|---|\n");
    for subject in ALL {
        let version = subject.krate.map_or("–", |krate| version(LOCK, krate));
        let class = match subject.class {
            crate::subjects::Class::Ours(_) => "ours",
            crate::subjects::Class::Complete => "complete",
            crate::subjects::Class::Bare => "bare",
            crate::subjects::Class::Floor(_) => "floor",
        };
        let _ = writeln!(page, "| {} | {version} | {class} | {} |", subject.name, subject.note);
    }
    page.push_str(LEFT_OUT);
    page
}

const METHOD: &str = "
The subjects of a row have their turn one after the other, in an order that is rotated from round to round; what counts is
the CPU time of the thread, the minimum over the rounds, and beside it the median. Before that, what each delivers or sends is
compared with what it has to be. A read copies into the subject's buffer, as a socket does, from a wire of 256 KiB or one
message; a write takes what it is given and copies nothing. Handshakes begin without a connection and end with one; the server
that answers the clients is not measured. Absolute figures move by 10 to 20 % from run to run on a machine that is shared;
the ratios within a run are what counts. Allocations are counted in a run of their own.
";

const LEFT_OUT: &str = "
Left out: the handshakes of fastwebsockets and yawc, which are hyper's, and need its runtime; fragments with the bare codecs
that do not put messages together; `nexus-web` where a server sends an owned `Bytes`, as its writer copies the payload.
";
