//! Counts, for each subject in each row, what it allocates and how much a read brings, and what bowline copies, after it has
//! warmed up. Prints the counts as tab-separated values.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "counts, for people, by a program that may panic"
)]

use bowline::{Config, Connection, Event, Input, Role};
use bowline_peers::{
    check::NoMeter,
    job::{Job, Meter, Task},
    pipe::Pipe,
    rows,
    subjects::{ALL, Class, Mode},
    tally::Tally,
    wire,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};
use std::{alloc::System, env, ops::Range};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Counts while it runs.
#[derive(Default)]
struct Counter {
    started: Stats,
    allocations: usize,
    bytes: usize,
}

impl Meter for Counter {
    fn start(&mut self) {
        self.started = ALLOCATOR.stats();
    }

    fn stop(&mut self) {
        let since = ALLOCATOR.stats() - self.started;
        self.allocations += since.allocations + since.reallocations;
        self.bytes += since.bytes_allocated;
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    for row in rows::named(&arguments) {
        let job = Job::new(row.task, row.size);
        for subject in ALL {
            let Some(mut work) = (subject.work)(&job) else { continue };
            let messages = 4_usize.next_multiple_of(job.cycle());
            work.run(messages, &mut Tally::default(), &mut NoMeter);
            let mut counter = Counter::default();
            let (reads, read) = (job.sent.reads.get(), job.sent.read.get());
            counter.start();
            work.run(messages, &mut Tally::default(), &mut counter);
            counter.stop();
            let each = |count: usize| count as f64 / messages as f64;
            let read = (job.sent.read.get() - read) as f64 / (job.sent.reads.get() - reads).max(1) as f64;
            let copied = match subject.class {
                Class::Ours(mode) => copied(&job, mode).map_or(String::new(), |copied| copied.to_string()),
                _ => String::new(),
            };
            let (key, name) = (row.key(), subject.name);
            println!("{key}\t{name}\t{}\t{}\t{read}\t{copied}", each(counter.allocations), each(counter.bytes));
        }
    }
}

/// What bowline copies for a large message after it was read, in bytes.
fn copied(job: &Job, mode: Mode) -> Option<f64> {
    const MESSAGES: usize = 8;
    if !matches!(job.task, Task::Receive { role: wire::Role::Server, .. })
        || job.size < 64 * 1024
        || mode == Mode::Chunks
    {
        return None;
    }
    let mut copies = Copies::new(job);
    for _ in 0..MESSAGES {
        copies.message(mode == Mode::DirectRead);
    }
    Some(copies.bytes as f64 / MESSAGES as f64)
}

/// A driver that counts copies.
struct Copies {
    connection: Connection,
    pipe: Pipe,
    buffer: Vec<u8>,
    unread: (usize, usize),
    bytes: usize,
}

impl Copies {
    fn new(job: &Job) -> Self {
        let connection = Connection::new(Role::Server, Config::default());
        Self { connection, pipe: job.pipe(), buffer: vec![0; job.buffer()], unread: (0, 0), bytes: 0 }
    }

    /// Receives one message.
    fn message(&mut self, directly: bool) {
        let idle = ALLOCATOR.stats();
        // What was read straight into the message needs no copy.
        let mut direct = 0;
        loop {
            let before = ALLOCATOR.stats();
            let nothing_unread = self.unread.0 == self.unread.1;
            let read = if directly && nothing_unread {
                self.connection.direct_read(|space| space.read_from(&mut self.pipe))
            } else {
                None
            };
            let owned = match read {
                Some(read) => {
                    direct += read.unwrap_or(0);
                    self.connection.poll_event().map(|event| owned(&event, self.buffer.as_ptr_range()))
                }
                None => self.receive(),
            };
            // A message that grew was copied to its new place, at most: the allocator may have found more space where it was.
            let (since, held) = (ALLOCATOR.stats() - before, before - idle);
            let held = held.bytes_allocated.saturating_sub(held.bytes_deallocated);
            if held > 0 && since.allocations + since.reallocations > 0 {
                self.bytes += held;
            }
            if let Some(owned) = owned {
                self.bytes += owned.saturating_sub(direct);
                return;
            }
        }
    }

    fn receive(&mut self) -> Option<usize> {
        if self.unread.0 == self.unread.1 {
            self.unread = (0, self.pipe.read_into(&mut self.buffer));
        }
        let buffer = self.buffer.as_ptr_range();
        let mut input = Input::from(&mut self.buffer[self.unread.0..self.unread.1]);
        let owned = self.connection.receive(&mut input).map(|event| owned(&event, buffer));
        self.unread.0 = self.unread.1 - input.len();
        owned
    }
}

/// The length of a message that is not borrowed from the read buffer.
fn owned(event: &Event<'_>, buffer: Range<*const u8>) -> usize {
    let payload = match event {
        Event::Binary(data) => &data[..],
        Event::Text(text) => text.as_bytes(),
        event => panic!("{event:?} is not a message"),
    };
    if buffer.contains(&payload.as_ptr()) { 0 } else { payload.len() }
}
