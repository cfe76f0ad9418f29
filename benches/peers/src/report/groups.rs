use crate::{measure::Measured, text};

/// Rows of the same task.
pub(super) struct Group<'a> {
    pub(super) title: String,
    pub(super) rows: &'a [Measured],
}

pub(super) fn of(measured: &[Measured]) -> impl Iterator<Item = Group<'_>> {
    measured
        .chunk_by(|a, b| a.row.task == b.row.task)
        .map(|rows| Group { title: rows.first().map_or(String::new(), |first| text::task(first.row.task)), rows })
}
