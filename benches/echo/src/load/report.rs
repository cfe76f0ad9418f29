//! The page.

use crate::{
    client::Turn,
    histogram::Histogram,
    plan::{Plan, Row, SUBJECTS, Subject, size},
    server::Usage,
};
use std::{fmt::Write, fs, process::Command};

/// What was resolved for this program.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

const METHOD: &str = "
The server is a process with one thread that works, on one core; the load comes from another process on another core, over
loopback. Each connection sends a window of masked binary messages with one write, and the next window when all of it has
come back. The subjects of a row have their turns one after the other, in an order that is rotated from round to round. CPU
time is that of the server's process, the kernel's part included; what counts is the minimum over the rounds, and the median
stands beside it. Before that, all bytes that come back are compared with what they have to be. Reads and writes are calls
that moved something; calls that found nothing are not counted. Latency is from the write of a window until a message of it
is back, over all rounds, while every connection sends as fast as it can: it is mostly the time for which the others are
served. Memory is what the resident set of the server grows by, for connections of which each has echoed one message and
has been silent for 3 s; sockets are the kernel's and not counted.
";

/// What the turns of a subject came to.
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

    fn least(&self) -> f64 {
        self.cpu.first().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.cpu.get(self.cpu.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

type Rows = [(Row, Vec<Measured>)];

pub(crate) fn page(plan: &Plan, subjects: &[&Subject], rows: &Rows, idle: &[u64], is_quick: bool) -> String {
    let mut page = head(plan, is_quick);
    page.push_str(METHOD);
    drivers(&mut page, subjects);
    table(
        &mut page,
        subjects,
        rows,
        "Server CPU per message",
        "minimum, and how many times the kernel's limit; median",
        |all, one| format!("{} **{:.2}×**; {}", time(one.least()), one.least() / all[0].least(), time(one.median())),
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
    format!(
        "# Echo over sockets\n\nWritten by `{command}`; do not edit.\n\n| | |\n|---|---|\n\
         | date | {} |\n| processor | {} |\n| kernel | {} |\n| compiler | {}, release, fat LTO, default target-cpu |\n\
         | effort | {} rounds, turns of {:?} |\n",
        output("date", &["-u", "+%Y-%m-%d"]),
        processor(),
        output("uname", &["-sr"]),
        output("rustc", &["-V"]),
        plan.rounds,
        plan.turn,
    )
}

fn drivers(page: &mut String, subjects: &[&Subject]) {
    page.push_str("\n## Subjects\n\n| subject | crate | how it is driven |\n|---|---|---|\n");
    for subject in subjects {
        let krate = subject.krate.map_or("–".to_owned(), |krate| format!("{krate} {}", version(krate)));
        let _ = writeln!(page, "| {} | {krate} | {} |", subject.name, subject.note);
    }
    for absent in SUBJECTS.iter().filter(|subject| subjects.iter().all(|present| present.name != subject.name)) {
        let _ = writeln!(page, "\nThe subject {} was skipped: the kernel does not allow it.", absent.name);
    }
    let _ = writeln!(
        page,
        "\nOn Tokio {} (`current_thread`), mio {} and io-uring {}.",
        version("tokio"),
        version("mio"),
        version("io-uring")
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
    let same = |a: &(Row, _), b: &(Row, _)| (a.0.connections, a.0.window) == (b.0.connections, b.0.window);
    for rows in rows.chunk_by(same) {
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

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e4 => format!("{:.2} µs", nanoseconds / 1e3),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.1} ms", nanoseconds / 1e6),
    }
}

fn version(krate: &str) -> &'static str {
    let mut lines = LOCK.lines().skip_while(|line| *line != format!("name = \"{krate}\""));
    lines.nth(1).and_then(|line| line.strip_prefix("version = ")).map_or("?", |version| version.trim_matches('"'))
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map_or("?", |(_, value)| value).to_owned()
    };
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{} (family {}, model {}), {count} cores", field("model name"), field("cpu family"), field("model\t"))
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or("?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
