//! Counts what each subject allocates in each row, after it has warmed up, and prints it as tab-separated values.

#![expect(clippy::cast_precision_loss, reason = "counts, for people")]

use bowline_peers::{
    check::NoMeter,
    job::{Job, Meter},
    rows,
    subjects::ALL,
    tally::Tally,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};
use std::alloc::System;

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
    for row in rows::all() {
        let job = Job::new(row.task, row.size);
        for subject in ALL {
            let Some(mut work) = (subject.work)(&job) else { continue };
            let messages = if row.size > 64 * 1024 { 4 } else { 20 * job.batch().min(64) };
            work.run(messages, &mut Tally::default(), &mut NoMeter);
            let mut counter = Counter::default();
            counter.start();
            work.run(messages, &mut Tally::default(), &mut counter);
            counter.stop();
            let each = |count: usize| count as f64 / messages as f64;
            println!("{}\t{}\t{}\t{}", row.key(), subject.name, each(counter.allocations), each(counter.bytes));
        }
    }
}
