//! One line for each size: ours, the best of the others, and the targets.

use super::{
    AllCounts,
    groups::Group,
    outcomes::{self, Verdict},
};
use crate::{measure::Measured, rows::Which, subjects::ALL, text};
use bowline_page::text as figures;
use std::fmt::Write;

pub(super) fn tables(group: &Group<'_>, counts: &AllCounts) -> String {
    let mut tables = table(group, Which::Messages, counts);
    let chunks = |row: &Measured| row.row.targets.iter().any(|target| target.0 == Which::Chunks);
    if group.rows.iter().any(chunks) {
        tables.push_str(&table(group, Which::Chunks, counts));
    }
    tables
}

fn table(group: &Group<'_>, which: Which, counts: &AllCounts) -> String {
    let ours = match which {
        Which::Messages => "bowline",
        Which::Chunks => "bowline, chunks",
    };
    let mut table = format!(
        "\n| | {ours} | best library | ours ahead | best codec | ours ahead | floor | ours over it | page faults: ours, \
         library | bytes copied | targets |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
    );
    for row in group.rows {
        let Some(own) = outcomes::ours(row, which) else { continue };
        let (library, codec, floor) = (outcomes::complete(row), outcomes::bare(row), outcomes::floor(row, which));
        let ahead = |other: Option<(usize, f64)>| other.map_or(dash(), |other| figures::ratio(other.1 / own.1));
        let over = floor.map_or(dash(), |floor| figures::ratio(own.1 / floor.1));
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {} | {over} | {} | {} | {} |",
            text::size_of(&row.row),
            named(Some(own), ours),
            named(library, ""),
            ahead(library),
            named(codec, ""),
            ahead(codec),
            named(floor, ""),
            faults(row, own.0, library.map(|library| library.0)),
            copied(row, own.0, counts),
            targets(row, which),
        );
    }
    table
}

fn dash() -> String {
    "–".to_owned()
}

/// A time and whose it is.
fn named(cost: Option<(usize, f64)>, known: &str) -> String {
    cost.map_or(dash(), |(place, cost)| match ALL[place].name {
        name if name == known => figures::time(cost),
        name => {
            format!("{} ({})", figures::time(cost), name.trim_start_matches("floor, ").trim_start_matches("bowline, "))
        }
    })
}

fn faults(row: &Measured, ours: usize, library: Option<usize>) -> String {
    let of = |place: usize| row.costs[place].and_then(|cost| cost.faults).map(short);
    match (of(ours), library.and_then(of)) {
        (Some(ours), Some(library)) => format!("{ours}, {library}"),
        (Some(ours), None) => ours,
        _ => dash(),
    }
}

fn copied(row: &Measured, ours: usize, counts: &AllCounts) -> String {
    let counts = counts.get(&(row.row.key(), ALL[ours].name.to_owned()));
    counts.and_then(|counts| counts.copied).map_or(dash(), |copied| {
        let factor = copied / row.row.size as f64;
        if factor < 0.005 { "0".to_owned() } else { figures::ratio(factor) }
    })
}

fn targets(row: &Measured, which: Which) -> String {
    let outcomes: Vec<_> = outcomes::of(row).into_iter().filter(|outcome| outcome.which == which).collect();
    let missed: Vec<_> = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Missed).collect();
    if outcomes.is_empty() {
        return dash();
    }
    if !missed.is_empty() {
        return format!("**missed**: {}", missed.iter().map(|outcome| &*outcome.goal).collect::<Vec<_>>().join(", "));
    }
    let noise = outcomes.iter().any(|outcome| outcome.verdict == Verdict::Noise);
    if noise { "met, within 3 %".to_owned() } else { "met".to_owned() }
}

/// At most two decimals, and none that are zero.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
