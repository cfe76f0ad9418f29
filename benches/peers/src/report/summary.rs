//! What is met, work by work. The index of all processors has a copy of this section.

use super::{
    index::{BEGIN, END},
    outcomes::{self, Verdict, is_first, lead},
};
use crate::{measure::Measured, rows::Which, subjects::ALL, text};
use bowline_page::text as figures;
use std::fmt::Write;

pub(super) fn section(measured: &[Measured], slug: &str) -> String {
    let mut table = String::from(
        "| work | first among complete libraries | targets met | smallest lead over the best library |\n|---|--:|--:|---|\n",
    );
    let (mut first, mut cells, mut met, mut targets) = (0, 0, 0, 0);
    for rows in measured.chunk_by(|a, b| text::work(a.row.task) == text::work(b.row.task)) {
        let line = Line::of(rows);
        let _ = writeln!(
            table,
            "| {} | {} of {} | {} of {} | {} |",
            line.work, line.first, line.cells, line.met, line.targets, line.least
        );
        (first, cells, met, targets) = (first + line.first, cells + line.cells, met + line.met, targets + line.targets);
    }
    format!(
        "\n{BEGIN}\n**First among complete libraries in {first} of {cells} cells; {met} of {targets} targets are met.** A cell is a kind \
         of work, a size of messages\nand, for receiving and echoing, a size of reads. A difference below 3 % is noise, so such a cell \
         counts as first, and such a target as met.\n\n\
         ![Heat map: our speed divided by that of the best complete library, for each kind of work, each size of messages and each size \
         of reads]({slug}/first.svg)\n\n{table}{END}\n\n\
         ![Heat map: our time divided by that of the hand-written floor]({slug}/floor.svg)\n"
    )
}

struct Line {
    work: String,
    first: usize,
    cells: usize,
    met: usize,
    targets: usize,
    least: String,
}

impl Line {
    fn of(rows: &[Measured]) -> Self {
        let leads: Vec<_> = rows.iter().filter_map(|row| Some((lead(row, Which::Messages)?, row))).collect();
        let outcomes: Vec<_> = rows.iter().flat_map(outcomes::of).collect();
        let least = leads.iter().min_by(|(a, _), (b, _)| a.total_cmp(b));
        Self {
            work: rows.first().map_or(String::new(), |row| text::work(row.row.task)),
            first: leads.iter().filter(|(lead, _)| is_first(*lead)).count(),
            cells: leads.len(),
            met: outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Missed).count(),
            targets: outcomes.len(),
            least: least.map_or("–".to_owned(), |(lead, row)| least_in_words(*lead, row)),
        }
    }
}

fn least_in_words(lead: f64, row: &Measured) -> String {
    let size = if row.row.size == 0 { String::new() } else { format!("{}, ", figures::size(row.row.size)) };
    let reads = text::reads(row.row.task).map_or(String::new(), |reads| format!("{}, ", text::reads_of(reads)));
    let library = outcomes::complete(row).map_or("", |(place, _)| ALL[place].name);
    format!("{} ({size}{reads}{library})", figures::ratio(lead))
}
