//! The floor: what RFC 6455 costs if nothing is asked for but that it is kept. Loops for one purpose each, with all checks,
//! and nothing that would make a library of them.

mod frame;
mod handshake;
mod receive;
mod send;
mod text;

use crate::job::{Job, Task, Work};

/// Hands out slices of its read buffer; assembles messages that span reads in one buffer that it keeps.
pub fn borrowed(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => receive::borrowed(job),
        Task::Echo { .. } => receive::echo(job),
        Task::ClientSend => send::client(job),
        Task::ServerSend => send::server(job),
        Task::HandshakeServer => handshake::server(job),
        Task::HandshakeClient => handshake::client(),
        Task::CompressedEcho { .. } => None,
    }
}

/// Hands out chunks as they arrive. Only binary messages.
pub fn chunks(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { kind: crate::wire::Kind::Binary, .. } | Task::Fragments { .. } => receive::chunks(job),
        _ => None,
    }
}

/// Makes a `Vec` for each message that spans reads, and reads straight into it. Where that can help: only large binary messages.
pub fn direct_read(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { kind: crate::wire::Kind::Binary, .. } if job.size >= 16 * 1024 => receive::direct_read(job),
        _ => None,
    }
}

/// What sending an owned `Bytes` costs before anything is done with it.
pub fn clone(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::ServerSend => send::clone(job),
        _ => None,
    }
}

/// Makes a `Vec` for each message.
pub fn vec(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => receive::vec(job),
        _ => None,
    }
}
