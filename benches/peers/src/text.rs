//! Names for people.

use crate::{
    job::Task,
    rows::Row,
    wire::{Kind, Reads, Role},
};
use bowline_page::text::size;

impl Row {
    /// What tells it from other rows, in files and on the command line.
    pub fn key(&self) -> String {
        let size = if self.size == 0 { String::new() } else { format!(", {}", size(self.size)) };
        format!("{}{size}", task(self.task))
    }
}

/// A task with the size of its reads.
pub fn task(task: Task) -> String {
    match reads(task) {
        Some(reads) => format!("{}, {}", work(task), reads_of(reads)),
        None => work(task),
    }
}

/// A task, whatever the size of its reads.
pub fn work(task: Task) -> String {
    match task {
        Task::Receive { kind, role, .. } => format!("Receive {} {}", masked(role), kind_of(kind)),
        Task::Fragments { .. } => "Receive masked binary in fragments of 64 B".to_owned(),
        Task::Echo { .. } => "Echo binary as a server".to_owned(),
        Task::CompressedEcho { context_takeover, level } => {
            let context_takeover = if context_takeover { "with" } else { "without" };
            format!("Echo compressed text as a server, {context_takeover} context takeover, level {level}")
        }
        Task::ClientSend => "Send binary as a client, masked, the data kept by the caller".to_owned(),
        Task::ServerSend => "Send binary as a server, from an owned `Bytes`".to_owned(),
        Task::HandshakeServer => "Opening handshake, server: a browser's request".to_owned(),
        Task::HandshakeClient => "Opening handshake, client".to_owned(),
    }
}

/// The size of the reads, where it is varied.
pub fn reads(task: Task) -> Option<Reads> {
    match task {
        Task::Receive { reads, .. } | Task::Fragments { reads } | Task::Echo { reads } => Some(reads),
        _ => None,
    }
}

pub fn reads_of(reads: Reads) -> String {
    match reads {
        Reads::Frame => "one frame per read".to_owned(),
        Reads::Kib(kib) => format!("reads of {kib} KiB"),
    }
}

/// A size, or a dash where there is none.
pub fn size_of(row: &Row) -> String {
    if row.size == 0 { "–".to_owned() } else { size(row.size) }
}

fn masked(role: Role) -> &'static str {
    match role {
        Role::Server => "masked",
        Role::Client => "unmasked",
    }
}

fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Binary => "binary",
        Kind::Ascii => "ASCII text",
        Kind::Korean => "Korean text",
        Kind::Emoji => "emoji text",
    }
}
