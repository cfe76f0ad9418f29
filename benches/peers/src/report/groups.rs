use super::text;
use crate::measure::Measured;

/// Rows of the same task.
pub(super) struct Group<'a> {
    pub(super) title: String,
    /// The name of its plot's file.
    pub(super) slug: String,
    pub(super) rows: Vec<&'a Measured>,
}

pub(super) fn of(measured: &[Measured]) -> Vec<Group<'_>> {
    measured.chunk_by(|a, b| a.row.task == b.row.task).map(group).collect()
}

fn group(rows: &[Measured]) -> Group<'_> {
    let title = rows.first().map_or(String::new(), |first| text::task(first.row.task));
    let slug = title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let slug = slug.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    Group { title, slug, rows: rows.iter().collect() }
}
