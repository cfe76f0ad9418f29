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

impl Row {
    /// What tells it from other rows, in files.
    pub fn key(&self) -> String {
        format!("{:?} {}", self.task, self.size)
    }
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
    /// This many times as fast as the best of all peers.
    Peer(f64),
    /// This many times as fast as one peer.
    Named(&'static str, f64),
    /// This many times as fast as the best complete peer but one.
    CompleteBut(&'static str, f64),
    /// At most this many times the cost of the floor of the same kind.
    Floor(f64),
    /// At most this many nanoseconds.
    Nanoseconds(f64),
}

pub type Target = (Which, Goal);

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const SIZES: [usize; 7] = [16, 125, KIB, 16 * KIB, 64 * KIB, MIB, 16 * MIB];
const SHORT: [usize; 3] = [16, 125, KIB];

/// All rows. Those of a group follow each other.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for role in [Role::Server, Role::Client] {
        for kind in [Kind::Binary, Kind::Ascii, Kind::Korean] {
            for reads in [Reads::Bulk, Reads::Frame] {
                rows.extend(SIZES.map(|size| receive(kind, role, reads, size)));
            }
        }
    }
    rows.push(row(Task::Fragments, 64 * KIB, &[(Which::Messages, Goal::Complete(3.0))]));
    for reads in [Reads::Bulk, Reads::Frame] {
        let targets = [(SHORT[0], 3.0), (SHORT[1], 3.0), (SHORT[2], 2.3)];
        rows.extend(SIZES[..5].iter().map(|&size| {
            let target = targets.iter().find(|target| target.0 == size && reads == Reads::Bulk);
            let goals: Vec<_> = target.map(|target| (Which::Messages, Goal::Complete(target.1))).into_iter().collect();
            row(Task::Echo { reads }, size, &goals)
        }));
    }
    for level in [1, 6] {
        for context_takeover in [true, false] {
            let level_with_them = [(Which::Messages, Goal::Complete(1.0))];
            let sizes = [125, KIB, 16 * KIB];
            rows.extend(
                sizes.map(|size| row(Task::CompressedEcho { context_takeover, level }, size, &level_with_them)),
            );
        }
    }
    rows.extend(SIZES.map(|size| row(Task::ClientSend, size, &client_send(size))));
    let no_copy = [(Which::Messages, Goal::Nanoseconds(15.0))];
    rows.extend(SIZES[3..].iter().map(|&size| row(Task::ServerSend, size, &no_copy)));
    rows.push(row(Task::HandshakeServer, 0, &[(Which::Messages, Goal::Peer(1.3))]));
    rows.push(row(Task::HandshakeClient, 0, &[(Which::Messages, Goal::Peer(1.5))]));
    rows
}

fn row(task: Task, size: usize, targets: &[Target]) -> Row {
    Row { task, size, targets: targets.to_vec() }
}

fn receive(kind: Kind, role: Role, reads: Reads, size: usize) -> Row {
    let targets = match (kind, role, reads) {
        (Kind::Binary, Role::Server, Reads::Bulk) => receive_binary(size),
        (Kind::Binary, Role::Server, Reads::Frame) if size == 16 * KIB => vec![(Which::Messages, Goal::Complete(1.0))],
        (Kind::Ascii, Role::Server, Reads::Bulk) => at(size, [(5.0, 2.0), (4.0, 2.0), (2.3, 1.5)])
            .map_or(Vec::new(), |(complete, bare)| {
                vec![(Which::Messages, Goal::Complete(complete)), (Which::Messages, Goal::Bare(bare))]
            }),
        (Kind::Korean, Role::Server, Reads::Bulk) => {
            at(size, [2.3, 2.3, 1.5]).map_or(Vec::new(), |complete| vec![(Which::Messages, Goal::Complete(complete))])
        }
        _ => Vec::new(),
    };
    row(Task::Receive { kind, role, reads }, size, &targets)
}

fn receive_binary(size: usize) -> Vec<Target> {
    let (complete, bare, floor, chunks) = match size {
        16 => (4.0, 1.3, 1.3, None),
        125 => (3.5, 1.5, 1.3, None),
        1024 => (2.3, 1.6, 1.25, None),
        16_384 => (0.8, 1.5, 1.5, None),
        65_536 => (1.0, 1.3, 1.2, Some(2.3)),
        1_048_576 => (1.0, 1.5, 1.2, Some(2.0)),
        _ => (1.0, 1.3, 1.2, Some(2.0)),
    };
    let mut targets = vec![
        (Which::Messages, Goal::Complete(complete)),
        (Which::Messages, Goal::Bare(bare)),
        (Which::Messages, Goal::Floor(floor)),
    ];
    if let Some(chunks) = chunks {
        targets.extend([(Which::Chunks, Goal::Complete(chunks)), (Which::Chunks, Goal::Floor(1.2))]);
    }
    targets
}

fn client_send(size: usize) -> Vec<Target> {
    const SOCKUDO: &str = "sockudo-ws";
    match size {
        16 | 125 | 1024 => {
            vec![(Which::Messages, Goal::Named(SOCKUDO, 1.0)), (Which::Messages, Goal::CompleteBut(SOCKUDO, 4.0))]
        }
        MIB => vec![(Which::Messages, Goal::Peer(1.4))],
        size if size > MIB => vec![(Which::Messages, Goal::Peer(2.5))],
        _ => Vec::new(),
    }
}

/// What there is for the short sizes.
fn at<T: Copy>(size: usize, values: [T; 3]) -> Option<T> {
    SHORT.iter().position(|short| *short == size).map(|place| values[place])
}
