//! Heat maps as plain SVG: panels of cells, each with a number and a colour for it.

use std::fmt::Write;

/// A table of cells.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// What its cells have in common.
    pub title: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The cells of each row, by column. `None` where nothing was measured.
    pub cells: Vec<Vec<Option<Cell>>>,
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The number.
    pub text: String,
    /// What the colour is for: at 0 it is white, from 1 up blue, from -1 down orange.
    pub value: f64,
    /// Draws a frame around it, so that it is found without the colours.
    pub framed: bool,
}

const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 16.0;
const LABEL: f64 = 56.0;
const CELL: (f64, f64) = (62.0, 24.0);
const GAP: f64 = 26.0;
/// The title of a panel and the names of its columns.
const HEAD: f64 = 42.0;

const WHITE: [f64; 3] = [247.0, 247.0, 247.0];
const BLUE: [f64; 3] = [33.0, 102.0, 172.0];
const ORANGE: [f64; 3] = [179.0, 88.0, 6.0];

impl Panel {
    fn width(&self) -> f64 {
        LABEL + CELL.0 * self.columns.len() as f64
    }

    fn height(&self) -> f64 {
        HEAD + CELL.1 * self.rows.len() as f64
    }
}

/// The picture of all panels, from left to right in lines.
pub fn svg(title: &str, note: &str, panels: &[Panel]) -> String {
    let (mut body, mut x, mut y, mut line) = (String::new(), MARGIN, 66.0, 0.0_f64);
    for panel in panels.iter().filter(|panel| !panel.rows.is_empty()) {
        if x + panel.width() > WIDTH - MARGIN {
            (x, y, line) = (MARGIN, y + line + GAP, 0.0);
        }
        draw(&mut body, panel, x, y);
        x += panel.width() + GAP;
        line = line.max(panel.height());
    }
    let height = y + line + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#1a1a1a\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"26\" font-size=\"16\">{}</text>\n<text x=\"{MARGIN}\" y=\"46\">{}</text>\n{body}</svg>\n",
        escape(title),
        escape(note)
    )
}

fn draw(svg: &mut String, panel: &Panel, x: f64, y: f64) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>", y + 12.0, escape(&panel.title));
    for (nth, column) in panel.columns.iter().enumerate() {
        let middle = x + LABEL + CELL.0 * (nth as f64 + 0.5);
        let _ = writeln!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\">{}</text>",
            y + HEAD - 8.0,
            escape(column)
        );
    }
    for (nth, row) in panel.rows.iter().enumerate() {
        let top = y + HEAD + CELL.1 * nth as f64;
        let (right, base) = (x + LABEL - 8.0, top + 16.0);
        let _ = writeln!(svg, "<text x=\"{right:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>", escape(row));
        let cells = panel.cells.get(nth).map_or(&[][..], Vec::as_slice);
        for (column, cell) in cells.iter().enumerate() {
            if let Some(cell) = cell {
                draw_cell(svg, cell, x + LABEL + CELL.0 * column as f64, top);
            }
        }
    }
}

fn draw_cell(svg: &mut String, cell: &Cell, x: f64, y: f64) {
    let end = if cell.value < 0.0 { ORANGE } else { BLUE };
    let part = cell.value.abs().min(1.0);
    let [red, green, blue] = [0, 1, 2].map(|nth| WHITE[nth] + (end[nth] - WHITE[nth]) * part);
    // The brightness that an eye sees, about.
    let dark = 0.3 * red + 0.6 * green + 0.1 * blue < 140.0;
    let (text, weight) = (if dark { "#ffffff" } else { "#1a1a1a" }, if cell.framed { "bold" } else { "normal" });
    let _ = writeln!(
        svg,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#{:02x}{:02x}{:02x}\"/>",
        x + 1.0,
        y + 1.0,
        CELL.0 - 2.0,
        CELL.1 - 2.0,
        red as u8,
        green as u8,
        blue as u8
    );
    if cell.framed {
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"#1a1a1a\" \
             stroke-width=\"2\"/>",
            x + 2.0,
            y + 2.0,
            CELL.0 - 4.0,
            CELL.1 - 4.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"{weight}\" fill=\"{text}\">{}</text>",
        x + CELL.0 / 2.0,
        y + 16.0,
        escape(&cell.text)
    );
}

fn escape(text: &str) -> String {
    text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;")
}
