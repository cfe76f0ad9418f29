use super::{AllCounts, cells::short, groups::Group};
use crate::{measure::Measured, subjects::ALL, text};
use bowline_page::text as figures;
use std::fmt::Write;

/// What each subject needs: minimum and median.
pub(super) fn costs(group: &Group<'_>) -> String {
    table(group, "time of a message: minimum / median", |place, _, row| {
        let cost = row.costs[place]?;
        Some(format!("{} / {}", figures::time(cost.minimum), figures::time(cost.median)))
    })
}

/// What each subject allocates, and its page faults for large messages. Only those that do.
pub(super) fn counts(group: &Group<'_>, counts: &AllCounts) -> String {
    let what = "allocations / bytes allocated / page faults for a message";
    table(group, what, |place, name, row| {
        let counts = counts.get(&(row.row.key(), name.to_owned()));
        let faults = row.costs[place].and_then(|cost| cost.faults);
        let none = |value: Option<f64>| value.is_none_or(|value| value < 0.005);
        if none(counts.map(|counts| counts.allocations)) && none(faults) {
            return None;
        }
        let (allocations, bytes) = counts.map_or((0.0, 0.0), |counts| (counts.allocations, counts.bytes));
        let faults = faults.map_or(String::new(), |faults| format!(" / {}", short(faults)));
        Some(format!("{} / {}{faults}", short(allocations), short(bytes)))
    })
}

/// One line for each subject with a cell, and one column for each row.
fn table(group: &Group<'_>, what: &str, cell: impl Fn(usize, &str, &Measured) -> Option<String>) -> String {
    let mut table = format!("\n| {what} |");
    for row in group.rows {
        let _ = write!(table, " {} |", text::size_of(&row.row));
    }
    let _ = writeln!(table, "\n|---|{}", "--:|".repeat(group.rows.len()));
    let mut any = false;
    for (place, subject) in ALL.iter().enumerate() {
        let cells: Vec<_> = group.rows.iter().map(|row| cell(place, subject.name, row)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        any = true;
        let cells: Vec<_> = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_owned())).collect();
        let _ = writeln!(table, "| {} | {} |", subject.name, cells.join(" | "));
    }
    if any { table } else { String::new() }
}
