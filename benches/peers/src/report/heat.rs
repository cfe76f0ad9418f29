//! Heat maps: where we are first, and how far from the floor.

use super::outcomes::{self, is_first, lead};
use crate::{
    job::Task,
    measure::Measured,
    rows::Which,
    text,
    wire::{Kind, Reads, Role},
};
use bowline_page::heat::{Cell, Panel, svg};

/// The names and the pictures.
pub(super) fn maps(measured: &[Measured]) -> [(&'static str, String); 2] {
    let first = panels(measured, &|row, which| {
        let lead = lead(row, which)?;
        Some(Cell { text: format!("{lead:.2}×"), value: lead.log2() / 2.0, framed: !is_first(lead) })
    });
    let floor = panels(measured, &|row, which| {
        if which == Which::Messages && matches!(row.row.task, Task::ServerSend) {
            return None;
        }
        let over = outcomes::ours(row, which)?.1 / outcomes::floor(row, which)?.1;
        Some(Cell { text: format!("{over:.2}×"), value: -(over / 1.15).log2(), framed: over > 1.15 * 1.03 })
    });
    [
        (
            "first",
            svg(
                "bowline’s speed divided by that of the best complete library",
                "Blue: bowline is faster. Orange and framed: another library is faster by more than 3 %. Columns are sizes of reads.",
                &first,
            ),
        ),
        (
            "floor",
            svg(
                "bowline’s time divided by that of the hand-written floor of the same kind",
                "White: 1.15×. Blue: less. Orange and framed: more than that, and by more than 3 %. Columns are sizes of reads.",
                &floor,
            ),
        ),
    ]
}

/// The cell of a row, for one of our APIs.
type CellOf<'a> = &'a dyn Fn(&Measured, Which) -> Option<Cell>;

fn panels(measured: &[Measured], cell: CellOf<'_>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for row in measured {
        let place = place(row.row.task);
        add(&mut panels, row, place, cell(row, Which::Messages));
    }
    for row in measured {
        if let Task::Receive { kind: Kind::Binary, role: Role::Server, reads } = row.row.task {
            let place = ("Receive binary in chunks".to_owned(), column(reads));
            add(&mut panels, row, place, cell(row, Which::Chunks));
        }
    }
    panels
}

fn add(panels: &mut Vec<Panel>, row: &Measured, (title, column): (String, String), cell: Option<Cell>) {
    let Some(cell) = cell else { return };
    let nth = panels.iter().position(|panel| panel.title == title).unwrap_or_else(|| {
        panels.push(Panel { title, ..Panel::default() });
        panels.len() - 1
    });
    let panel = &mut panels[nth];
    let column = place_of(&mut panel.columns, column);
    let line = place_of(&mut panel.rows, text::size_of(&row.row));
    panel.cells.resize(panel.rows.len().max(panel.cells.len()), Vec::new());
    let cells = &mut panel.cells[line];
    cells.resize(cells.len().max(column + 1), None);
    cells[column] = Some(cell);
}

fn place_of(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

fn column(reads: Reads) -> String {
    match reads {
        Reads::Frame => "1 frame".to_owned(),
        Reads::Kib(kib) => format!("{kib} KiB"),
    }
}

/// The panel and the column of a task.
fn place(task: Task) -> (String, String) {
    match task {
        Task::Receive { kind, role: Role::Server, reads } => {
            let kind = match kind {
                Kind::Binary => "binary",
                Kind::Ascii => "ASCII text",
                Kind::Korean => "Korean text",
                Kind::Emoji => "emoji text",
            };
            (format!("Receive {kind}"), column(reads))
        }
        Task::Receive { kind, role: Role::Client, .. } => {
            let kind = if kind == Kind::Binary { "binary" } else { "ASCII" };
            ("Unmasked, 64 KiB".to_owned(), kind.to_owned())
        }
        Task::Fragments { reads } => ("In fragments of 64 B".to_owned(), column(reads)),
        Task::Echo { reads } => ("Echo binary".to_owned(), column(reads)),
        Task::CompressedEcho { context_takeover, level } => {
            let context = if context_takeover { "kept" } else { "fresh" };
            ("Echo compressed: context, level".to_owned(), format!("{context}, {level}"))
        }
        Task::ClientSend => ("Send binary".to_owned(), "client".to_owned()),
        Task::ServerSend => ("Send binary".to_owned(), "server".to_owned()),
        Task::HandshakeServer => ("Handshake".to_owned(), "server".to_owned()),
        Task::HandshakeClient => ("Handshake".to_owned(), "client".to_owned()),
    }
}
