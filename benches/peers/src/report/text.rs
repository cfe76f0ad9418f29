//! Names for people.

use crate::{
    job::Task,
    wire::{Kind, Reads, Role},
};

pub(super) fn task(task: Task) -> String {
    match task {
        Task::Receive { kind, role, reads } => {
            format!("Receive {} {}, {}", masked(role), kind_of(kind), reads_of(reads))
        }
        Task::Fragments => "Receive masked binary in fragments of 64 B, reads of 16 KiB".to_owned(),
        Task::Echo { reads } => format!("Echo binary as a server, {}", reads_of(reads)),
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
    }
}

fn reads_of(reads: Reads) -> &'static str {
    match reads {
        Reads::Bulk => "reads of 16 KiB",
        Reads::Frame => "one frame per read",
    }
}
