//! `RESULTS.md` and the plots.

mod facts;
mod groups;
mod plot;
mod tables;
mod targets;
mod text;

use crate::measure::Measured;
use std::{collections::HashMap, fs, io, path::Path};

/// Allocations and bytes allocated for a message, by row and subject.
pub type Allocations = HashMap<(String, String), (f64, f64)>;

/// Reads what the program `allocations` wrote.
pub fn read_allocations(text: &str) -> Allocations {
    let mut allocations = HashMap::new();
    for line in text.lines() {
        if let [row, subject, count, bytes] = line.split('\t').collect::<Vec<_>>()[..]
            && let (Ok(count), Ok(bytes)) = (count.parse(), bytes.parse())
        {
            allocations.insert((row.to_owned(), subject.to_owned()), (count, bytes));
        }
    }
    allocations
}

/// Writes `RESULTS.md` and `plots/` to `directory`.
pub fn write(
    directory: &Path,
    measured: &[Measured],
    allocations: &Allocations,
    effort: &str,
    command: &str,
) -> io::Result<()> {
    let groups = groups::of(measured);
    let plots = directory.join("plots");
    fs::create_dir_all(&plots)?;
    let mut page = facts::page(effort, command);
    page.push_str(&targets::table(measured));
    page.push_str(include_str!("missed.md"));
    for group in &groups {
        fs::write(plots.join(format!("{}.svg", group.slug)), plot::plot(group))?;
        page.push_str(&tables::costs(group));
        page.push_str(&tables::allocations(group, allocations));
    }
    fs::write(directory.join("RESULTS.md"), page)
}
