use crate::subjects::ALL;
use bowline_page::facts::{head, version};
use std::fmt::Write;

/// The lock file with the versions that this program was built with.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

/// Returns the head of the page: the machine, the method and the subjects, with their versions.
pub(super) fn page(effort: &str, command: &str) -> String {
    let note = format!(
        "Written by `{command}`; do not edit. The first table shows which targets are met. Servers over sockets have \
         [another page](echo/RESULTS.md)."
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
In each round, the subjects of a row take turns, in an order that rotates from round to round. The figures are the CPU time of the thread:
the minimum over all rounds, and the median. Before the measurement, the output of each subject is compared with the expected output.

A read copies bytes from a wire into the buffer of the subject, as a socket does. The wire holds messages of up to 256 KiB together, or
a single larger one. A write accepts all bytes, and copies nothing. A handshake ends with an open connection; the server that answers the
clients is not measured. On a shared machine, absolute figures vary by 10 to 20 % between runs, so compare the ratios within a run.
Allocations are counted in a separate run.
";

const LEFT_OUT: &str = "
Left out are the handshakes of fastwebsockets and yawc, which are hyper's, and need its runtime; fragments with the bare codecs, which do not
assemble messages; and `nexus-web` where a server sends an owned `Bytes`, since its writer copies the payload.
";
