//! Measures all subjects in all rows and writes `RESULTS.md` and the plots: see `benches/run`.

#![expect(clippy::expect_used, reason = "that is how a benchmark fails")]

use bowline_peers::{
    measure::{Effort, measure},
    report, rows,
};
use std::{env, fs, path::PathBuf, time::Duration};

const QUICK: (Effort, &str) =
    (Effort { rounds: 7, turn: Duration::from_micros(300) }, "quick: 7 rounds, turns of 0.3 ms");
const FULL: (Effort, &str) = (Effort { rounds: 41, turn: Duration::from_millis(2) }, "41 rounds, turns of 2 ms");

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let (effort, in_words) = if quick { QUICK } else { FULL };
    let only = value("--only").unwrap_or_default();
    let rows: Vec<_> = rows::all().into_iter().filter(|row| row.key().contains(&only)).collect();
    let mut measured = Vec::new();
    for (nth, row) in rows.iter().enumerate() {
        eprintln!("{}/{} {}", nth + 1, rows.len(), row.key());
        measured.push(measure(row, effort, &|_| true));
    }
    let allocations = value("--allocations").and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let allocations = report::read_allocations(&allocations);
    let directory = PathBuf::from(value("--out").unwrap_or_else(|| ".".to_owned()));
    let command = if quick { "benches/run --quick" } else { "benches/run" };
    report::write(&directory, &measured, &allocations, in_words, command).expect("the results can be written");
}
