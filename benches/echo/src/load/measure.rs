//! Turns of all subjects, and what comes of them.

use crate::{
    Outcome,
    histogram::Histogram,
    load::{self, Load, Turn},
    plan::{Plan, Row, Subject, TOGETHER, Table},
    server::{Server, Usage},
};

/// All that is on the page.
pub(crate) struct Results {
    pub(crate) tables: Vec<Measured>,
    /// Memory of silent connections, and of those that have compressed a message.
    pub(crate) idle: Vec<Idle>,
    pub(crate) idle_compressed: Vec<Idle>,
}

/// Memory per connection of a subject, in bytes, for each number of connections.
pub(crate) struct Idle {
    pub(crate) subject: &'static Subject,
    pub(crate) at: Vec<(usize, u64)>,
}

/// A table with a line for each subject.
pub(crate) struct Measured {
    pub(crate) table: Table,
    pub(crate) subjects: Vec<&'static Subject>,
    /// For each row, for each subject.
    pub(crate) cells: Vec<Vec<Cell>>,
}

/// The results of all turns of a subject.
#[derive(Default)]
pub(crate) struct Cell {
    /// CPU time per message, in ns, for each round, the lowest first.
    cpu: Vec<f64>,
    messages: u64,
    reads: u64,
    writes: u64,
    latency: Histogram,
}

impl Cell {
    fn add(&mut self, used: &Usage, turn: &Turn) {
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

    pub(crate) fn median(&self) -> f64 {
        self.cpu.get(self.cpu.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn reads(&self) -> f64 {
        self.reads as f64 / self.messages as f64
    }

    pub(crate) fn writes(&self) -> f64 {
        self.writes as f64 / self.messages as f64
    }

    pub(crate) fn latency(&self, part: f64) -> f64 {
        self.latency.quantile(part)
    }
}

impl Measured {
    pub(crate) fn table(table: Table, plan: &Plan, subjects: &[&'static Subject]) -> Outcome<Self> {
        let subjects: Vec<_> = subjects.iter().copied().filter(|subject| subject.can(table.kind())).collect();
        let mut cells = Vec::new();
        for row in &table.rows {
            eprintln!("{row}");
            cells.push(measure(*row, plan, &subjects)?);
        }
        Ok(Self { table, subjects, cells })
    }

    /// The row of a size and a number of connections, and the place of a subject.
    pub(crate) fn cell(&self, is_row: impl Fn(&Row) -> bool, subject: &str) -> Option<&Cell> {
        let row = self.table.rows.iter().position(is_row)?;
        let place = self.subjects.iter().position(|one| one.name == subject)?;
        self.cells.get(row)?.get(place)
    }
}

/// In turns whose order is rotated from round to round. With many connections, each subject has all of its turns at once.
fn measure(row: Row, plan: &Plan, subjects: &[&'static Subject]) -> Outcome<Vec<Cell>> {
    let together = if row.connections > TOGETHER / subjects.len() { 1 } else { subjects.len() };
    let mut cells = Vec::new();
    for subjects in subjects.chunks(together.max(1)) {
        cells.append(&mut interleaved(row, plan, subjects)?);
    }
    Ok(cells)
}

fn interleaved(row: Row, plan: &Plan, subjects: &[&'static Subject]) -> Outcome<Vec<Cell>> {
    let mut running: Vec<(Server, Box<dyn Load>, Cell)> = Vec::new();
    for subject in subjects {
        let server = Server::start(subject, row.kind)?;
        let load = load::connect(server.address, row, subject.is_raw)
            .map_err(|error| format!("{}: {row}: {error}", subject.name))?;
        running.push((server, load, Cell::default()));
    }
    let count = running.len();
    for round in 0..=plan.rounds {
        for place in 0..count {
            let (server, load, cell) = &mut running[(round + place) % count];
            let before = server.usage()?;
            let turn = load.turn(plan.turn)?;
            let used = server.usage()?.since(&before);
            // The first round warms up.
            if round > 0 {
                cell.add(&used, &turn);
            }
        }
    }
    Ok(running.into_iter().map(|(_, _, cell)| cell).collect())
}
