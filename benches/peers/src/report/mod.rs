//! The page of a processor, its heat maps, and the index of all pages.

mod cells;
mod facts;
mod groups;
mod heat;
mod index;
mod outcomes;
mod summary;
mod tables;

use crate::measure::Measured;
use bowline_page::facts::processor_slug;
use std::{collections::HashMap, fs, io, path::Path};

/// What one subject did in one row, besides the time.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Allocations for a message.
    pub allocations: f64,
    /// Bytes allocated for a message.
    pub bytes: f64,
    /// Bytes that a read brought.
    pub read: f64,
    /// Bytes copied or moved for a message after they were read, where that is counted.
    pub copied: Option<f64>,
}

/// The counts by row and subject.
pub type AllCounts = HashMap<(String, String), Counts>;

/// Reads what the program `allocations` wrote.
pub fn read_counts(text: &str) -> AllCounts {
    let mut counts = HashMap::new();
    for line in text.lines() {
        if let [row, subject, allocations, bytes, read, copied] = line.split('\t').collect::<Vec<_>>()[..]
            && let (Ok(allocations), Ok(bytes), Ok(read)) = (allocations.parse(), bytes.parse(), read.parse())
        {
            let copied = copied.parse().ok();
            counts.insert((row.to_owned(), subject.to_owned()), Counts { allocations, bytes, read, copied });
        }
    }
    counts
}

/// Writes the page of this processor to `results` in `directory`, its heat maps, and the index of all pages there.
pub fn write(
    directory: &Path,
    measured: &[Measured],
    counts: &AllCounts,
    effort: &str,
    command: &str,
) -> io::Result<()> {
    let (results, slug) = (directory.join("results"), processor_slug());
    let pictures = results.join(&slug);
    fs::create_dir_all(&pictures)?;
    for (name, picture) in heat::maps(measured) {
        fs::write(pictures.join(format!("{name}.svg")), picture)?;
    }
    let mut page = facts::head(effort, command);
    page.push_str(&summary::section(measured, &slug));
    // Written by hand: the reasons why targets are missed on this processor.
    page.push_str(&fs::read_to_string(pictures.join("notes.md")).map_or(String::new(), |notes| format!("\n{notes}")));
    page.push_str(&facts::method(counts));
    for group in groups::of(measured) {
        page.push_str(&format!("\n## {}\n", group.title));
        page.push_str(&cells::tables(&group, counts));
        page.push_str(&tables::costs(&group));
        page.push_str(&tables::counts(&group, counts));
    }
    fs::write(results.join(format!("{slug}.md")), page)?;
    fs::write(directory.join("RESULTS.md"), index::page(&results)?)
}
