use super::{Allocations, groups::Group, targets};
use crate::{
    measure::Measured,
    rows::Which,
    subjects::{ALL, Class},
};
use bowline_page::text as figures;
use std::fmt::Write;

/// A ratio of a row, if it has those that it is of.
type Ratio<'a> = &'a dyn Fn(&Measured) -> Option<f64>;

/// What each subject needs, minimum and median, and the ratios.
pub(super) fn costs(group: &Group<'_>) -> String {
    let mut page = format!("\n## {}\n\n![{}](plots/{}.svg)\n\n", group.title, group.title, group.slug);
    page.push_str(&head(group, "per message: minimum / median"));
    for (place, subject) in ALL.iter().enumerate() {
        if group.rows.iter().all(|row| row.costs[place].is_none()) {
            continue;
        }
        let cells = group.rows.iter().map(|row| {
            row.costs[place].map_or("–".to_owned(), |cost| {
                format!("{} / {}", figures::time(cost.minimum), figures::time(cost.median))
            })
        });
        line(&mut page, subject.name, cells);
    }
    let ratios: [(&str, Ratio<'_>); 5] = [
        ("**ours ahead of the best complete peer**", &|row| {
            ahead(row, Which::Messages, |class| class == Class::Complete)
        }),
        ("**ours ahead of the best bare codec**", &|row| ahead(row, Which::Messages, |class| class == Class::Bare)),
        ("**ours over the floor**", &|row| over_floor(row, Which::Messages)),
        ("**our chunks ahead of the best complete peer**", &|row| {
            ahead(row, Which::Chunks, |class| class == Class::Complete)
        }),
        ("**our chunks over the floor's**", &|row| over_floor(row, Which::Chunks)),
    ];
    for (name, ratio) in ratios {
        let cells: Vec<_> = group.rows.iter().map(|row| ratio(row).map_or("–".to_owned(), figures::ratio)).collect();
        if cells.iter().any(|cell| cell != "–") {
            line(&mut page, name, cells.into_iter());
        }
    }
    page
}

/// What each subject allocates.
pub(super) fn allocations(group: &Group<'_>, allocations: &Allocations) -> String {
    let mut page = head(group, "allocations / bytes allocated per message");
    let mut any = false;
    for subject in ALL {
        let find = |row: &&Measured| allocations.get(&(row.row.key(), subject.name.to_owned()));
        if group.rows.iter().all(|row| find(row).is_none()) {
            continue;
        }
        any = true;
        let cells = group.rows.iter().map(|row| {
            find(row).map_or("–".to_owned(), |(count, bytes)| format!("{} / {}", short(*count), short(*bytes)))
        });
        line(&mut page, subject.name, cells);
    }
    if any { format!("\n{page}") } else { String::new() }
}

fn head(group: &Group<'_>, what: &str) -> String {
    let mut head = format!("| {what} |");
    for row in &group.rows {
        let size = if row.row.size == 0 { String::new() } else { figures::size(row.row.size) };
        let _ = write!(head, " {size} |");
    }
    head.push_str("\n|---|");
    head.push_str(&"--:|".repeat(group.rows.len()));
    head.push('\n');
    head
}

fn line(page: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let _ = writeln!(page, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn ahead(row: &Measured, which: Which, class: impl Fn(Class) -> bool) -> Option<f64> {
    let (peer, _) = targets::best(row, |_, of| class(of))?;
    Some(peer / targets::ours(row, which)?.0)
}

fn over_floor(row: &Measured, which: Which) -> Option<f64> {
    Some(targets::ours(row, which)?.0 / targets::floor(row, which)?.0)
}

/// At most two decimals, and none that are zero.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
