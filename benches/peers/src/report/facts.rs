use super::AllCounts;
use crate::{
    job::Task,
    rows::Row,
    subjects::{ALL, Class},
    wire::{Kind, Reads, Role},
};
use bowline_page::facts::{self, processor, version};
use std::fmt::Write;

/// The lock file with the versions that this program was built with.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

/// Returns the head of the page: what it is, and the machine.
pub(super) fn head(effort: &str, command: &str) -> String {
    let note = format!(
        "Written by `{command}`; do not edit. [Other processors](../RESULTS.md) have pages of their own, and so have [servers over \
         sockets](../echo/RESULTS.md)."
    );
    facts::head(&format!("In memory on {}", processor()), &note, effort)
}

/// How it is measured, and the subjects with their versions.
pub(super) fn method(counts: &AllCounts) -> String {
    let mut page = METHOD.to_owned();
    page.push_str("\n## Subjects\n\n| subject | version | kind | how it is driven |\n|---|---|---|---|\n");
    for subject in ALL {
        let version = subject.krate.map_or("–", |krate| version(LOCK, krate));
        let class = match subject.class {
            Class::Ours(_) => "ours",
            Class::Complete => "complete",
            Class::Bare => "bare",
            Class::Floor(_) => "floor",
        };
        let keys = if subject.weak_keys { "; its masking keys are not from a CSPRNG" } else { "" };
        let _ = writeln!(page, "| {} | {version} | {class} | {}{keys} |", subject.name, subject.note);
    }
    page.push_str(LEFT_OUT);
    page.push_str(&reads(counts));
    page
}

/// What a read of each subject brought.
fn reads(counts: &AllCounts) -> String {
    const READS: [Reads; 3] = [Reads::Kib(16), Reads::Kib(64), Reads::Kib(256)];
    let row = |reads| {
        let task = Task::Receive { kind: Kind::Binary, role: Role::Server, reads };
        Row { task, size: 1024, targets: Vec::new() }.key()
    };
    let mut table = String::new();
    for subject in ALL {
        let cells = READS.map(|reads| {
            let counts = counts.get(&(row(reads), subject.name.to_owned()));
            counts.map_or("–".to_owned(), |counts| format!("{:.1} KiB", counts.read / 1024.0))
        });
        if cells.iter().any(|cell| cell != "–") {
            let _ = writeln!(table, "| {} | {} |", subject.name, cells.join(" | "));
        }
    }
    if table.is_empty() { table } else { format!("{READ_SIZES}{table}") }
}

const METHOD: &str = "
## Method

In each round, the subjects of a row take turns, in an order that rotates from round to round. The times are the CPU time of the thread:
the minimum over all rounds, and the median. Before the measurement, the output of each subject is compared with the expected output.

A read copies bytes from a wire into the buffer of the subject, as a socket does. It brings at most as many bytes as the heading says. With
one frame per read, it brings a frame with its header, or 64 KiB of a longer one. The wire has messages for at least two reads, and for
256 KiB, or a single larger message. A turn receives all of them, once or several times, so that no subject gets a message from a read that
it handled in the turn before. A write accepts all bytes, and copies nothing; an echo is written when the messages of a read are used
up. A handshake ends with an open connection; the server that answers the clients is not measured. On a shared machine, times vary by 10 to
20 % between runs, so compare the ratios within a page.

- *Best library* is the fastest complete library of a row, and *best codec* the fastest of those that leave a part to their user.
- *Floor* is a loop written by hand, of the same kind as ours: it borrows messages that lie in one read, and makes a `Vec` of each that spans
  reads. For a direct read it is one that reads into its message, for chunks one that hands out chunks. It reserves the whole length that a
  frame declares, which bowline may not. For echoes, it makes one write for each read, and one for each message of 8 KiB or more.
- *Page faults* are those of one message, from 64 KiB up, as the system counts them in all rounds. They are the first uses of pages that the
  allocator returned to the system before. All subjects share one process, whose allocator learns from all of them to keep large blocks, so a
  program of its own can have more.
- *Bytes copied* is what bowline copies after the read, divided by the size of the message: from the read buffer to a message that spans
  reads, and from a smaller allocation to a larger one as a message grows. Allocations and copies are counted in a run of their own.
";

const LEFT_OUT: &str = "
Left out are the handshakes of fastwebsockets and yawc, which are hyper's, and need its runtime, and that of wtx, which needs its HTTP;
fragments with the bare codecs, which do not assemble messages; compression with shiguredo_websocket, whose level cannot be chosen, and
with wtx, whose backend is another one; and nexus-web where a server sends an owned `Bytes`, since its writer copies the payload, and where
large text spans reads, since it does not check the UTF-8 of such a frame. In the row of the owned `Bytes`,
fastwebsockets, web-socket, websocketz and wtx send borrowed data at once, so they touch no `Bytes`. A library that writes each message at
once cannot write a batch.
";

const READ_SIZES: &str = "
The size of a read is a setting of the driver or the library, or fixed by the library. This is what a read brought on average, receiving
masked binary messages of 1 KiB:

| | reads of 16 KiB | reads of 64 KiB | reads of 256 KiB |
|---|--:|--:|--:|
";
