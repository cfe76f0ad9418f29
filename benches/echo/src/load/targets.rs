//! What has to be reached, and whether it is.

use crate::{
    measure::{Cell, Idle, Measured, Results},
    plan::{Kind, Row},
};
use bowline_page::text::{bytes, ratio, size, time};
use std::fmt::Write;

/// What counts as level: the noise between two runs.
const NOISE: f64 = 1.03;

/// Times the kernel's limit, for a message of some sizes.
struct Limit {
    table: &'static str,
    subject: &'static str,
    sizes: &'static [usize],
    most: f64,
}

const fn limit(table: &'static str, subject: &'static str, sizes: &'static [usize], most: f64) -> Limit {
    Limit { table, subject, sizes, most }
}

const LIMITS: [Limit; 8] = [
    limit("echo-1", "mio", &[20], 1.05),
    limit("echo-1", "tokio-read", &[20], 1.06),
    limit("echo-1", "tokio-send", &[20], 1.08),
    limit("echo-16", "mio", &[20], 1.06),
    limit("echo-16", "tokio-read", &[20], 1.10),
    limit("echo-16", "tokio-feed", &[20], 1.25),
    limit("echo-1", "io-uring", &[16 << 10, 64 << 10], 1.1),
    limit("echo-16", "io-uring", &[16 << 10, 64 << 10], 1.1),
];

/// For a delivered message of a broadcast, times the bare loop.
const BROADCAST: f64 = 1.15;

/// The memory of an idle connection, in bytes, at the largest number of connections.
const IDLE: [(&str, u64); 4] = [("io-uring", 500), ("mio", 450), ("tokio-read", 1_000), ("tokio-feed", 1_000)];

/// The same after a compressed message each way.
const IDLE_COMPRESSED: u64 = 60_000;

/// How much the ratio to the limit, or the memory of a connection, may grow with the number of connections.
const FLAT: f64 = 1.15;

/// The lines of the table.
struct Verdicts {
    lines: String,
    met: usize,
    all: usize,
}

impl Verdicts {
    fn add(&mut self, work: &str, subject: &str, target: &str, reached: &str, is_met: bool) {
        let verdict = if is_met { "met" } else { "**missed**" };
        let _ = writeln!(self.lines, "| {work} | {subject} | {target} | {reached} | {verdict} |");
        (self.met, self.all) = (self.met + usize::from(is_met), self.all + 1);
    }
}

pub(crate) fn table(results: &Results) -> String {
    let mut verdicts = Verdicts { lines: String::new(), met: 0, all: 0 };
    for measured in &results.tables {
        limits(&mut verdicts, measured);
        first(&mut verdicts, measured);
        match measured.table.id {
            "broadcast" => broadcast(&mut verdicts, measured),
            "growth" => growth(&mut verdicts, measured),
            _ => {}
        }
    }
    memory(&mut verdicts, results);
    let Verdicts { lines, met, all } = verdicts;
    format!(
        "\n## Targets\n\n{met} of {all} are met. \"First\" is the CPU time in relation to that of the best peer, up to {NOISE}, in the \
         worst column of the table.\n\n| work | subject | target | reached | |\n|---|---|--:|--:|---|\n{lines}"
    )
}

fn limits(verdicts: &mut Verdicts, measured: &Measured) {
    for Limit { table, subject, sizes, most } in LIMITS.iter().filter(|limit| limit.table == measured.table.id) {
        for &bytes in *sizes {
            let is_row = |row: &Row| row.size == bytes;
            let (Some(own), Some(raw)) = (measured.cell(is_row, subject), measured.cell(is_row, "raw")) else {
                continue;
            };
            let times = own.least() / raw.least();
            let work = format!("{table}, {}", size(bytes));
            verdicts.add(&work, subject, &format!("≤ {} the limit", ratio(*most)), &ratio(times), times <= *most);
        }
    }
}

/// Each subject of ours against the best peer, in the worst row.
fn first(verdicts: &mut Verdicts, measured: &Measured) {
    if measured.subjects.iter().all(|subject| !subject.is_peer()) {
        return;
    }
    for (place, subject) in measured.subjects.iter().enumerate().filter(|(_, subject)| subject.is_ours()) {
        let rows = measured.table.rows.iter().zip(&measured.cells).filter_map(|(row, cells)| {
            let peers = measured.subjects.iter().zip(cells).filter(|(subject, _)| subject.is_peer());
            let (peer, best) = peers.min_by(|a, b| a.1.least().total_cmp(&b.1.least()))?;
            Some((cells[place].least() / best.least(), label(measured, row), peer.name))
        });
        let Some((times, row, peer)) = rows.max_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
        let reached = format!("{} {peer} ({row})", ratio(times));
        verdicts.add(measured.table.id, subject.name, "first", &reached, times <= NOISE);
    }
}

/// What distinguishes a row from the others of its table.
pub(crate) fn label(measured: &Measured, row: &Row) -> String {
    match measured.table.axis {
        crate::plan::Axis::Size => size(row.size),
        crate::plan::Axis::Connections => row.connections.to_string(),
    }
}

fn broadcast(verdicts: &mut Verdicts, measured: &Measured) {
    for row in &measured.table.rows {
        for subject in measured.subjects.iter().filter(|subject| subject.is_ours()) {
            let of = |name| measured.cell(|one| one == row, name).map(Cell::least);
            let (Some(own), Some(raw)) = (of(subject.name), of("raw")) else { continue };
            let work = format!("broadcast to {}", row.connections);
            let target = format!("≤ {} the bare loop", ratio(BROADCAST));
            verdicts.add(&work, subject.name, &target, &ratio(own / raw), own <= BROADCAST * raw);
        }
    }
}

/// The ratio to the limit at the most connections, in relation to that at the fewest.
fn growth(verdicts: &mut Verdicts, measured: &Measured) {
    let (Some(few), Some(many)) = (measured.cells.first(), measured.cells.last()) else { return };
    for (place, subject) in measured.subjects.iter().enumerate().filter(|(_, subject)| subject.is_ours()) {
        let times = |cells: &[Cell]| cells[place].least() / cells[0].least();
        let grown = times(many) / times(few);
        verdicts.add(
            "growth: ratio to the limit, most to fewest connections",
            subject.name,
            &format!("≤ {}", ratio(FLAT)),
            &ratio(grown),
            grown <= FLAT,
        );
    }
}

fn memory(verdicts: &mut Verdicts, results: &Results) {
    for (name, most) in IDLE {
        let Some(Idle { at, .. }) = results.idle.iter().find(|idle| idle.subject.name == name) else { continue };
        let Some((count, own)) = at.last() else { continue };
        let work = format!("memory of an idle connection, of {count}");
        verdicts.add(&work, name, &format!("≤ {most} B"), &format!("{own} B"), *own <= most);
    }
    for Idle { subject, at } in results.idle.iter().filter(|idle| idle.subject.is_ours()) {
        let [.., (fewer, before), (more, own)] = at[..] else { continue };
        let grown = own as f64 / before as f64;
        let work = format!("memory of an idle connection, of {more} to that of {fewer}");
        verdicts.add(&work, subject.name, &format!("≤ {}", ratio(FLAT)), &ratio(grown), grown <= FLAT);
    }
    for Idle { subject, at } in results.idle_compressed.iter().filter(|idle| idle.subject.is_ours()) {
        let Some((_, own)) = at.last() else { continue };
        let (most, reached) = (bytes(IDLE_COMPRESSED as f64), bytes(*own as f64));
        let work = "memory of an idle connection after a compressed message each way";
        verdicts.add(work, subject.name, &format!("≤ {most}"), &reached, *own <= IDLE_COMPRESSED);
    }
}

/// For the table of a kind: its unit of work.
pub(crate) const fn unit(kind: Kind) -> &'static str {
    match kind {
        Kind::Broadcast => "delivered message",
        Kind::Accept => "connection",
        _ => "message",
    }
}

/// The time of a cell, and the ratio to the first subject.
pub(crate) fn cost(cells: &[Cell], cell: &Cell) -> String {
    let first = cells.first().map_or(f64::NAN, Cell::least);
    format!("{} **{}**; {}", time(cell.least()), ratio(cell.least() / first), time(cell.median()))
}
