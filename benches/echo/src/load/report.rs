//! The page.

use crate::{
    client::Turn,
    histogram::Histogram,
    plan::{Plan, Row, SUBJECTS, Subject},
    server::Usage,
    targets,
};
use bowline_page::{
    facts::{self, version},
    plot::{Series, Style, svg},
    text::{ratio, size, time},
};
use std::{fmt::Write, fs, io, path::Path};

/// The lock file with the versions that this program was built with.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

const METHOD: &str = "
The server is a process with one working thread, on one core. The load comes from another process on another core, over loopback. Each
connection sends a window of masked binary messages with one write, and sends the next window when all of them have come back. In each
round, the subjects of a row take turns, in an order that rotates from round to round.

- CPU time is that of the server's process, including its time in the kernel: the minimum over all rounds, and the median. Before the
  measurement, all bytes that come back are compared with the expected ones.
- Reads and writes are counted if they moved bytes.
- Latency is the time from the write of a window until a message of it is back, over all rounds. Every connection sends as fast as it can,
  so the latency is mostly the time in which the server serves the other connections.
- Memory is the growth of the server's resident set, divided by the number of connections. Each of them has echoed one message and has been
  silent for 3 s. The sockets are memory of the kernel, and not counted.
";

/// The results of all turns of a subject.
#[derive(Default)]
pub(crate) struct Measured {
    /// CPU time per message, in ns, for each round.
    cpu: Vec<f64>,
    messages: u64,
    reads: u64,
    writes: u64,
    latency: Histogram,
}

impl Measured {
    pub(crate) fn add(&mut self, used: &Usage, turn: &Turn) {
        self.cpu.push(used.cpu as f64 / turn.messages as f64);
        self.cpu.sort_by(f64::total_cmp);
        self.messages += turn.messages;
        self.reads += used.reads;
        self.writes += used.writes;
        self.latency.merge(&turn.latency);
    }

    pub(crate) fn least(&self) -> f64 {
        self.cpu.first().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.cpu.get(self.cpu.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

pub(crate) type Rows = [(Row, Vec<Measured>)];

/// Writes the page, and its plots beside it.
pub(crate) fn write(file: &Path, page: &str, subjects: &[&Subject], rows: &Rows) -> io::Result<()> {
    let plots = file.with_file_name("plots");
    fs::create_dir_all(&plots)?;
    for rows in groups(rows) {
        if let Some((first, _)) = rows.first() {
            fs::write(plots.join(plot_of(first)), plot(first, subjects, rows))?;
        }
    }
    fs::write(file, page)
}

/// Rows with the same window and as many connections.
fn groups(rows: &Rows) -> impl Iterator<Item = &Rows> {
    rows.chunk_by(|a, b| (a.0.connections, a.0.window) == (b.0.connections, b.0.window))
}

fn plot_of(row: &Row) -> String {
    format!("{}-connections-window-{}.svg", row.connections, row.window)
}

fn plot(first: &Row, subjects: &[&Subject], rows: &Rows) -> String {
    let series = subjects.iter().enumerate().map(|(index, subject)| {
        let style = match subject.krate {
            None => Style::limit(index),
            Some("bowline") => Style::ours(index + 1),
            Some(_) => Style::peer(index),
        };
        let points = rows.iter().map(|(row, all)| (row.size, all[index].least()));
        Series { name: subject.name, style, points: points.collect() }
    });
    let title = format!("Server CPU per message: {} connections, windows of {}", first.connections, first.window);
    svg(&title, &series.collect::<Vec<_>>())
}

pub(crate) fn page(plan: &Plan, subjects: &[&Subject], rows: &Rows, idle: &[u64], is_quick: bool) -> String {
    let mut page = head(plan, is_quick);
    page.push_str(METHOD);
    drivers(&mut page, subjects);
    page.push_str(&targets::table(subjects, rows));
    page.push_str(include_str!("missed.md"));
    plots(&mut page, rows);
    table(
        &mut page,
        subjects,
        rows,
        "Server CPU per message",
        "minimum, and its ratio to the kernel's limit; median",
        |all, one| format!("{} **{}**; {}", time(one.least()), ratio(one.least() / all[0].least()), time(one.median())),
    );
    table(&mut page, subjects, rows, "Reads and writes per message", "reads / writes", |_, one| {
        let per_message = |count: u64| count as f64 / one.messages as f64;
        format!("{:.3} / {:.3}", per_message(one.reads), per_message(one.writes))
    });
    table(&mut page, subjects, rows, "Latency", "p50 / p99 / p99.9", |_, one| {
        let [half, most, nearly_all] = [0.5, 0.99, 0.999].map(|part| time(one.latency.quantile(part)));
        format!("{half} / {most} / {nearly_all}")
    });
    let _ = write!(
        page,
        "\n## Memory of an idle connection\n\n{} connections.\n\n| subject | bytes |\n|---|--:|\n",
        plan.idle
    );
    for (subject, bytes) in subjects.iter().zip(idle) {
        let _ = writeln!(page, "| {} | {bytes} |", subject.name);
    }
    page
}

fn head(plan: &Plan, is_quick: bool) -> String {
    let command = if is_quick { "benches/echo/run --quick" } else { "benches/echo/run" };
    let note = format!("Written by `{command}`; do not edit. The codec alone has [another page](../RESULTS.md).");
    facts::head("Echo over sockets", &note, &format!("{} rounds, turns of {:?}", plan.rounds, plan.turn))
}

fn plots(page: &mut String, rows: &Rows) {
    page.push_str("\n## Plots\n\n");
    for (first, _) in groups(rows).filter_map(|rows| rows.first()) {
        let _ = writeln!(
            page,
            "![{} connections, windows of {}](plots/{})",
            first.connections,
            first.window,
            plot_of(first)
        );
    }
}

fn drivers(page: &mut String, subjects: &[&Subject]) {
    page.push_str("\n## Subjects\n\n| subject | crate | how it is driven |\n|---|---|---|\n");
    for subject in subjects {
        let krate = subject.krate.map_or("–".to_owned(), |krate| format!("{krate} {}", version(LOCK, krate)));
        let _ = writeln!(page, "| {} | {krate} | {} |", subject.name, subject.note);
    }
    for absent in SUBJECTS.iter().filter(|subject| subjects.iter().all(|present| present.name != subject.name)) {
        let _ = writeln!(page, "\nThe subject {} was skipped: the kernel does not allow it.", absent.name);
    }
    let _ = writeln!(
        page,
        "\nOn Tokio {} (`current_thread`), mio {} and io-uring {}.",
        version(LOCK, "tokio"),
        version(LOCK, "mio"),
        version(LOCK, "io-uring")
    );
}

/// A table for each number of connections and each window: a line for each subject, a column for each size.
fn table(
    page: &mut String,
    subjects: &[&Subject],
    rows: &Rows,
    title: &str,
    what: &str,
    cell: impl Fn(&[Measured], &Measured) -> String,
) {
    let _ = write!(page, "\n## {title}\n\n{what}\n");
    for rows in groups(rows) {
        let Some((first, _)) = rows.first() else { continue };
        let (connections, window) = (first.connections, first.window);
        let _ = write!(page, "\n### {connections} connections, window {window}\n\n| subject |");
        for (row, _) in rows {
            let _ = write!(page, " {} |", size(row.size));
        }
        let _ = writeln!(page, "\n|---|{}", "--:|".repeat(rows.len()));
        for (index, subject) in subjects.iter().enumerate() {
            let _ = write!(page, "| {} |", subject.name);
            for (_, all) in rows {
                let _ = write!(page, " {} |", cell(all, &all[index]));
            }
            page.push('\n');
        }
    }
}
