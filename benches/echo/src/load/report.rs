//! The page of a processor, and its plots.

use crate::{
    measure::{Cell, Idle, Measured, Results},
    plan::{Axis, Kind, Plan, SUBJECTS, Subject},
    targets::{self, cost, label, unit},
};
use bowline_page::{
    facts::{self, processor_slug},
    index::{self, BEGIN, END},
    plot::{Labels, Series, Style, labelled},
    text::{bytes, size, time},
};
use std::{fmt::Write, fs, io, path::Path};

/// The lock file with the versions that this program was built with.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));

const METHOD: &str = "
The server is a process with one working thread, on one core. The load comes from another process on another core, over loopback. Each
connection sends a window of masked binary messages with one write, and sends the next window when all of them have come back. In each
round, the subjects of a row take turns, in an order that rotates from round to round; with 10,000 connections, one subject runs after
the other.

- CPU time is that of the server's process, including its time in the kernel: the minimum over all rounds, its ratio to the first line of
  the table, and the median. Before the measurement, all bytes that come back are compared with the expected ones.
- Reads and writes are counted if they moved bytes.
- Latency is the time from the write of a window until all of it is back. Every connection sends as fast as it can, so the latency is
  mostly the time in which the server serves the other connections.
- Over TLS (rustls, TLS 1.3), all subjects have the same stream of `tokio-rustls`.
- Compression is permessage-deflate at level 2, the default of bowline, without context takeover. The other subjects do not have it.
- In a broadcast, one connection sends a message, and the server delivers it to all of them. bowline delivers one `Prepared`.
- A connection that is accepted makes the opening handshake, echoes one message of 20 B, and is reset; 16 are open at a time. The bare
  loops echo the bytes of the request.
- Memory is the growth of the server's resident set beyond ten connections, divided by the number of further connections. Each of them has
  echoed one message, and all are silent for 2 s. The sockets are memory of the kernel, and not counted.
";

/// The beginning of the index.
const INDEX: &str = "# Servers over sockets

Written by `benches/echo/run`, which measures on the processor at hand, writes the page of that processor, and leaves the other pages alone.
Each page has its date, the method, the subjects, and all figures. Compare the ratios within a page, not times between pages. The codec
alone has [another page](../RESULTS.md).
";

pub(crate) fn page(plan: &Plan, subjects: &[&Subject], results: &Results, arguments: &[String]) -> String {
    let options: Vec<_> = arguments.iter().take_while(|argument| *argument != "--out").map(String::as_str).collect();
    let command = format!("benches/echo/run {}", options.join(" "));
    let note = format!(
        "Written by `{}`; do not edit. Other processors are on [other pages](../RESULTS.md). The codec alone has [pages of its \
         own](../../RESULTS.md).",
        command.trim()
    );
    let mut page =
        facts::head("Servers over sockets", &note, &format!("{} rounds, turns of {:?}", plan.rounds, plan.turn));
    page.push_str(METHOD);
    drivers(&mut page, subjects);
    let _ = write!(page, "\n{BEGIN}\n{}", targets::table(results));
    plots(&mut page, results);
    let _ = writeln!(page, "\n{END}");
    for measured in &results.tables {
        section(&mut page, measured);
    }
    memory(&mut page, "Memory of an idle connection", &results.idle);
    memory(&mut page, "Memory of an idle connection after a compressed message each way", &results.idle_compressed);
    page
}

fn drivers(page: &mut String, subjects: &[&Subject]) {
    page.push_str("\n## Subjects\n\n| subject | crate | how it is driven |\n|---|---|---|\n");
    for subject in subjects {
        let krate = subject.krate.map_or("–".to_owned(), |krate| format!("{krate} {}", version(krate)));
        let _ = writeln!(page, "| {} | {krate} | {} |", subject.name, subject.note);
    }
    for absent in SUBJECTS.iter().filter(|subject| subjects.iter().all(|present| present.name != subject.name)) {
        let _ = writeln!(page, "\nThe subject {} was left out.", absent.name);
    }
    let _ = writeln!(
        page,
        "\nOn Tokio {} (`current_thread`), mio {}, io-uring {} and rustls {}.",
        version("tokio"),
        version("mio"),
        version("io-uring"),
        version("rustls")
    );
}

/// The version of a crate that the servers are built with. If other packages use another one, the lock file names it there.
fn version(krate: &str) -> &'static str {
    let own = LOCK.split("\n\n").find(|package| package.contains("name = \"bowline-echo\""));
    let named = format!("\"{krate} ");
    let own = own.and_then(|package| package.lines().find_map(|line| line.trim().strip_prefix(&named)));
    own.map_or_else(|| facts::version(LOCK, krate), |version| version.trim_end_matches("\","))
}

fn section(page: &mut String, measured: &Measured) {
    let (title, kind) = (measured.table.title, measured.table.kind());
    let _ = write!(page, "\n## {title}\n");
    lines(page, measured, &format!("Server CPU per {}", unit(kind)), cost);
    match kind {
        Kind::Accept => lines(page, measured, "Connections per second, if one core did nothing else", |_, cell| {
            format!("{:.0}", 1e9 / cell.least())
        }),
        Kind::Broadcast => {}
        _ if measured.table.axis == Axis::Size => {
            lines(page, measured, "Reads / writes per message", |_, cell| {
                format!("{:.3} / {:.3}", cell.reads(), cell.writes())
            });
        }
        _ => {}
    }
    if kind != Kind::Accept {
        lines(page, measured, "Latency: p50 / p99 / p99.9", |_, cell| {
            let [half, most, nearly_all] = [0.5, 0.99, 0.999].map(|part| time(cell.latency(part)));
            format!("{half} / {most} / {nearly_all}")
        });
    }
}

/// A table with a line for each subject, and a column for each row.
fn lines(page: &mut String, measured: &Measured, what: &str, text: impl Fn(&[Cell], &Cell) -> String) {
    let _ = write!(page, "\n{what}:\n\n| subject |");
    for row in &measured.table.rows {
        let _ = match measured.table.kind() {
            Kind::Accept => write!(page, " |"),
            _ => write!(page, " {} |", label(measured, row)),
        };
    }
    let _ = writeln!(page, "\n|---|{}", "--:|".repeat(measured.table.rows.len()));
    for (place, subject) in measured.subjects.iter().enumerate() {
        let _ = write!(page, "| {} |", subject.name);
        for cells in &measured.cells {
            let _ = write!(page, " {} |", text(cells, &cells[place]));
        }
        page.push('\n');
    }
}

fn memory(page: &mut String, title: &str, idle: &[Idle]) {
    let Some(first) = idle.first() else { return };
    let _ = write!(page, "\n## {title}\n\nBytes, by the number of connections:\n\n| subject |");
    for (count, _) in &first.at {
        let _ = write!(page, " {count} |");
    }
    let _ = writeln!(page, "\n|---|{}", "--:|".repeat(first.at.len()));
    for Idle { subject, at } in idle {
        let _ = write!(page, "| {} |", subject.name);
        for (_, bytes) in at {
            let _ = write!(page, " {bytes} |");
        }
        page.push('\n');
    }
}

/// The pictures of a page: their names, titles and contents.
fn pictures(results: &Results) -> Vec<(String, String, String)> {
    let mut pictures = Vec::new();
    for measured in &results.tables {
        let across = match measured.table.axis {
            Axis::Size => size,
            Axis::Connections => |count: usize| count.to_string(),
        };
        let series = measured.subjects.iter().enumerate().map(|(place, subject)| {
            let points = measured.table.rows.iter().zip(&measured.cells);
            let points = points.map(|(row, cells)| {
                let place_across = if measured.table.axis == Axis::Size { row.size } else { row.connections };
                (place_across, cells[place].least())
            });
            Series { name: subject.name, style: style(subject), points: points.collect() }
        });
        let series: Vec<_> = series.collect();
        let title = format!("{}: server CPU per {}", measured.table.title, unit(measured.table.kind()));
        let svg = labelled(&title, &series, Labels { across, up: time });
        pictures.push((measured.table.id.to_owned(), title, svg));
    }
    if !results.idle.is_empty() {
        let series = results.idle.iter().map(|idle| Series {
            name: idle.subject.name,
            style: style(idle.subject),
            points: idle.at.iter().map(|(count, bytes)| (*count, (*bytes).max(1) as f64)).collect(),
        });
        let title = "Memory of an idle connection, by the number of connections".to_owned();
        let labels = Labels { across: |count| count.to_string(), up: bytes };
        let svg = labelled(&title, &series.collect::<Vec<_>>(), labels);
        pictures.push(("memory".to_owned(), title, svg));
    }
    pictures
}

/// The same for a subject in all plots.
fn style(subject: &Subject) -> Style {
    let index = SUBJECTS.iter().position(|one| one.name == subject.name).unwrap_or(0);
    match subject.krate {
        None => Style::limit(index),
        Some("bowline") => Style::ours(index + 1),
        Some(_) => Style::peer(index),
    }
}

fn plots(page: &mut String, results: &Results) {
    page.push_str("\n## Plots\n\n");
    for (name, title, _) in pictures(results) {
        let _ = writeln!(page, "![{title}]({}/{name}.svg)", processor_slug());
    }
}

/// Writes the page, its plots, and the index of all pages into a folder.
pub(crate) fn write(folder: &Path, page: &str, results: &Results) -> io::Result<()> {
    let pages = folder.join("results");
    let plots = pages.join(processor_slug());
    fs::create_dir_all(&plots)?;
    for (name, _, svg) in pictures(results) {
        fs::write(plots.join(format!("{name}.svg")), svg)?;
    }
    // Written by hand: the reasons why targets are missed on this processor.
    let notes = fs::read_to_string(plots.join("notes.md")).unwrap_or_default();
    let page = page.replacen(END, format!("{END}\n\n{notes}").trim_end(), 1);
    fs::write(pages.join(format!("{}.md", processor_slug())), page)?;
    fs::write(folder.join("RESULTS.md"), index::page(INDEX, &pages)?)
}
