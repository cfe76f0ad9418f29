//! Measures all subjects in all rows, or the one after `--subject`, and writes the page of this processor, its pictures, and the
//! index: see `benches/run`.

#![expect(clippy::expect_used, reason = "that is how a benchmark fails")]

use bowline_peers::{
    measure::{Effort, measure},
    report, rows,
};
use std::{env, fs, path::PathBuf, time::Duration};

const QUICK: (Effort, &str) = (
    Effort { rounds: 7, least: 3, turn: Duration::from_micros(300), row: Duration::from_millis(100) },
    "quick: 3 to 7 rounds, turns of 0.3 ms or more",
);
const FULL: (Effort, &str) = (
    Effort { rounds: 41, least: 11, turn: Duration::from_millis(2), row: Duration::from_millis(2200) },
    "11 to 41 rounds, turns of 2 ms or more",
);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let (effort, in_words) = if quick { QUICK } else { FULL };
    let rows = rows::named(&arguments);
    let mut measured = Vec::new();
    for (nth, row) in rows.iter().enumerate() {
        eprintln!("{}/{} {}", nth + 1, rows.len(), row.key());
        // For a profile: one subject alone.
        measured.push(measure(row, effort, &|subject| value("--subject").is_none_or(|only| subject.name == only)));
    }
    let allocations = value("--allocations").and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let counts = report::read_counts(&allocations);
    let directory = PathBuf::from(value("--out").unwrap_or_else(|| ".".to_owned()));
    let command = if quick { "benches/run --quick" } else { "benches/run" };
    report::write(&directory, &measured, &counts, in_words, command).expect("the results can be written");
}
