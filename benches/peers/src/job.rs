use crate::{
    exchange,
    pipe::{Pipe, Sent},
    tally::Tally,
    wire::{Kind, Reads, Role, Wire},
};
use bytes::Bytes;
use std::rc::Rc;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Receive messages in single frames.
    Receive { kind: Kind, role: Role, reads: Reads },
    /// Receive binary messages in fragments of 64 bytes, as a server.
    Fragments { reads: Reads },
    /// Receive binary messages as a server, and send each back.
    Echo { reads: Reads },
    /// Receive compressed text as a server, and send each message back compressed.
    CompressedEcho { context_takeover: bool, level: u8 },
    /// Send binary messages as a client. The caller keeps the data.
    ClientSend,
    /// Send binary messages as a server, from a `Bytes` that the caller shares.
    ServerSend,
    /// Read a browser's request and write the answer.
    HandshakeServer,
    /// Write a request and read the answer to it.
    HandshakeClient,
}

/// A task, its size, and what comes in and goes out.
#[derive(Clone, Debug)]
pub struct Job {
    pub task: Task,
    pub size: usize,
    pub wire: Rc<Wire>,
    pub sent: Rc<Sent>,
    /// What is to be sent.
    pub payload: Bytes,
}

impl Job {
    pub fn new(task: Task, size: usize) -> Self {
        let wire = match task {
            Task::Receive { kind, role, reads } => Wire::messages(kind, size, role, reads),
            Task::Fragments { reads } => Wire::fragments(size, 64, reads),
            Task::Echo { reads } => Wire::messages(Kind::Binary, size, Role::Server, reads),
            Task::CompressedEcho { context_takeover, level } => Wire::compressed(size, context_takeover, level),
            Task::HandshakeServer => Wire::raw(exchange::BROWSER.as_bytes().to_vec()),
            Task::ClientSend | Task::ServerSend | Task::HandshakeClient => Wire::raw(Vec::new()),
        };
        let payload = match task {
            Task::ClientSend | Task::ServerSend => crate::wire::payload(Kind::Binary, size).into(),
            _ => Bytes::from(wire.payload.clone()),
        };
        Self { task, size, wire: Rc::new(wire), sent: Rc::new(Sent::default()), payload }
    }

    /// A transport with this job's bytes.
    pub fn pipe(&self) -> Pipe {
        Pipe::new(self.wire.clone(), self.sent.clone())
    }

    /// The most payload that one read brings.
    pub fn read(&self) -> usize {
        self.wire.reads.most()
    }

    /// The size of a buffer for one read.
    pub fn buffer(&self) -> usize {
        self.wire.buffer()
    }

    /// How many messages are sent before they are written: as many as one read brings.
    pub fn batch(&self) -> usize {
        match self.wire.reads {
            Reads::Frame => 1,
            Reads::Kib(_) => (self.read() / self.size.max(1)).max(1),
        }
    }

    /// After this many messages, a subject is where it was before them: all of the wire is received, or a batch is written. What is
    /// measured is a multiple of it. Otherwise, a subject that handles all messages of a read at once, before it returns the first,
    /// would seem fast in a turn in which it only returns them.
    pub fn cycle(&self) -> usize {
        match self.task {
            Task::ClientSend | Task::ServerSend => self.batch(),
            _ => self.wire.messages,
        }
    }

    /// Whether the subject is the client.
    pub fn is_client(&self) -> bool {
        matches!(self.task, Task::ClientSend | Task::Receive { role: Role::Client, .. })
    }
}

/// Starts and stops what is measured.
pub trait Meter {
    fn start(&mut self);
    fn stop(&mut self);
}

/// A subject at work on a job.
pub trait Work {
    /// Handles `messages` messages. The meter is running; work that is not the subject's own stops it meanwhile.
    fn run(&mut self, messages: usize, tally: &mut Tally, meter: &mut dyn Meter);
}

struct Plain<F>(F);

impl<F: FnMut(usize, &mut Tally)> Work for Plain<F> {
    fn run(&mut self, messages: usize, tally: &mut Tally, _: &mut dyn Meter) {
        (self.0)(messages, tally);
    }
}

/// Work that is the subject's own from beginning to end.
pub fn work(run: impl FnMut(usize, &mut Tally) + 'static) -> Option<Box<dyn Work>> {
    Some(Box::new(Plain(run)))
}
