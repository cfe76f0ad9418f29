//! What has to be reached.

use crate::{plan::Subject, report::Rows};
use bowline_page::text::{ratio, time};
use std::fmt::Write;

/// What a subject may need for a message of 20 bytes, with 100 connections.
struct Target {
    subject: &'static str,
    window: usize,
    most: Most,
}

#[derive(Clone, Copy)]
enum Most {
    /// Times the kernel's limit.
    Times(f64),
    Nanoseconds(f64),
}

const fn target(subject: &'static str, window: usize, most: Most) -> Target {
    Target { subject, window, most }
}

const TARGETS: [Target; 6] = [
    target("mio", 1, Most::Times(1.03)),
    target("tokio-read", 1, Most::Times(1.06)),
    target("tokio-recv", 1, Most::Times(1.06)),
    target("mio", 16, Most::Nanoseconds(260.0)),
    target("tokio-read", 16, Most::Nanoseconds(260.0)),
    target("tokio-recv", 16, Most::Nanoseconds(260.0)),
];

pub(crate) fn table(subjects: &[&Subject], rows: &Rows) -> String {
    let mut table = String::from(
        "\n## Targets\n\nServer CPU for a message of 20 B, with 100 connections.\n\n\
         | subject | window | target | reached | |\n|---|--:|--:|--:|---|\n",
    );
    for Target { subject, window, most } in TARGETS {
        let row = rows.iter().find(|(row, _)| (row.size, row.window, row.connections) == (20, window, 100));
        let place = subjects.iter().position(|one| one.name == subject);
        let (Some((_, all)), Some(place)) = (row, place) else { continue };
        let own = all[place].least();
        let (target, reached, is_met) = match most {
            Most::Times(times) => (ratio(times), ratio(own / all[0].least()), own <= times * all[0].least()),
            Most::Nanoseconds(most) => (time(most), time(own), own <= most),
        };
        let verdict = if is_met { "met" } else { "**missed**" };
        let _ = writeln!(table, "| {subject} | {window} | ≤ {target} | {reached} | {verdict} |");
    }
    table
}
