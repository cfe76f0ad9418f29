//! What is measured, and what must be reached.

use crate::{
    job::Task,
    wire::{Kind, Reads, Role},
};

/// A row: a task at a size, and the targets for it.
#[derive(Clone, Debug)]
pub struct Row {
    pub task: Task,
    pub size: usize,
    pub targets: Vec<Target>,
}

/// Which of our APIs a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Whole messages: the faster of `receive` and the direct read.
    Messages,
    /// Chunks as they arrive.
    Chunks,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// This many times as fast as the best complete peer.
    Complete(f64),
    /// This many times as fast as the best bare codec.
    Bare(f64),
    /// This many times as fast as the best complete peer whose masking keys are as good as ours.
    StrongKeys(f64),
    /// At most this many times the cost of the floor of the same kind.
    Floor(f64),
    /// At most this many times what it costs to clone a `Bytes` and drop it.
    Clone(f64),
}

pub type Target = (Which, Goal);

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const SIZES: [usize; 7] = [16, 125, KIB, 16 * KIB, 64 * KIB, MIB, 16 * MIB];
const READS: [Reads; 4] = [Reads::Frame, Reads::Kib(16), Reads::Kib(64), Reads::Kib(256)];

const FIRST: Target = (Which::Messages, Goal::Complete(1.0));
const FIRST_OF_CODECS: Target = (Which::Messages, Goal::Bare(1.0));

/// All rows. Those of a group follow each other.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in [Kind::Binary, Kind::Ascii, Kind::Korean, Kind::Emoji] {
        for reads in READS {
            rows.extend(SIZES.map(|size| receive(kind, reads, size)));
        }
    }
    for kind in [Kind::Binary, Kind::Ascii] {
        let task = Task::Receive { kind, role: Role::Client, reads: Reads::Kib(64) };
        rows.extend(SIZES.map(|size| row(task, size, &[FIRST])));
    }
    rows.extend(READS[1..].iter().map(|&reads| row(Task::Fragments { reads }, 64 * KIB, &[FIRST])));
    for reads in READS {
        rows.extend(SIZES.map(|size| row(Task::Echo { reads }, size, &first(size))));
    }
    for level in [1, 6] {
        for context_takeover in [true, false] {
            let task = Task::CompressedEcho { context_takeover, level };
            rows.extend([125, KIB, 16 * KIB].map(|size| row(task, size, &[FIRST])));
        }
    }
    rows.extend(SIZES.map(|size| row(Task::ClientSend, size, &client_send(size))));
    let server_send = [FIRST, FIRST_OF_CODECS, (Which::Messages, Goal::Clone(2.0))];
    rows.extend(SIZES[3..].iter().map(|&size| row(Task::ServerSend, size, &server_send)));
    rows.push(row(Task::HandshakeServer, 0, &[(Which::Messages, Goal::Complete(1.1))]));
    rows.push(row(Task::HandshakeClient, 0, &[FIRST]));
    rows
}

/// The rows whose name has the text in it that follows `--only`, or all.
pub fn named(arguments: &[String]) -> Vec<Row> {
    let only = arguments.iter().position(|argument| argument == "--only");
    let text = only.and_then(|place| arguments.get(place + 1)).map_or(String::new(), |text| text.to_lowercase());
    all().into_iter().filter(|row| row.key().to_lowercase().contains(&text)).collect()
}

fn row(task: Task, size: usize, targets: &[Target]) -> Row {
    Row { task, size, targets: targets.to_vec() }
}

/// Level with the best complete peer, and from 1 KiB up also with the best bare codec.
fn first(size: usize) -> Vec<Target> {
    if size < KIB { vec![FIRST] } else { vec![FIRST, FIRST_OF_CODECS] }
}

fn receive(kind: Kind, reads: Reads, size: usize) -> Row {
    let mut targets = first(size);
    let floor = if kind == Kind::Ascii && size == 125 { 1.3 } else { 1.15 };
    targets.push((Which::Messages, Goal::Floor(floor)));
    if kind == Kind::Binary && size >= 64 * KIB {
        targets.extend([(Which::Chunks, Goal::Complete(2.0)), (Which::Chunks, Goal::Floor(1.15))]);
    }
    row(Task::Receive { kind, role: Role::Server, reads }, size, &targets)
}

fn client_send(size: usize) -> Vec<Target> {
    match size {
        16 | 125 | KIB => vec![(Which::Messages, Goal::StrongKeys(1.0)), (Which::Messages, Goal::Floor(1.1))],
        _ => vec![FIRST, FIRST_OF_CODECS],
    }
}
