//! Plots as plain SVG: lines over the size with both axes logarithmic, or bars if there is one size.

use super::{groups::Group, text};
use crate::subjects::{ALL, Class};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 200.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;
const COLOURS: [&str; 10] =
    ["#4477aa", "#ee6677", "#228833", "#b8a531", "#66ccee", "#aa3377", "#997700", "#88ccaa", "#cc6611", "#6a3d9a"];

pub(super) fn plot(group: &Group<'_>) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}: time per message</text>\n",
        group.title.replace('`', "")
    );
    if group.rows.len() > 1 {
        lines(&mut svg, group)
    } else {
        bars(&mut svg, group)
    }
    svg.push_str("</svg>\n");
    svg
}

/// A subject's colour and how thick its line is: bowline stands out, the floor is grey.
fn style(place: usize) -> (&'static str, f64, &'static str) {
    match ALL[place].class {
        Class::Ours(_) => ("#000000", 3.0, ["", "8 4", "2 3"][place.min(2)]),
        Class::Floor(_) => ("#999999", 2.0, ["", "8 4", "2 3"][place % 3]),
        Class::Complete => (COLOURS[place % COLOURS.len()], 1.5, ""),
        Class::Bare => (COLOURS[place % COLOURS.len()], 1.5, "5 3"),
    }
}

/// Maps values to places, logarithmically.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::MAX, f64::min).log10();
        let high = values.fold(f64::MIN_POSITIVE, f64::max).log10();
        Self { low: low - 0.05, high: high + 0.05, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// The powers of ten in it.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low.ceil() as i32..=self.high.floor() as i32).map(|power| 10_f64.powi(power))
    }
}

fn lines(svg: &mut String, group: &Group<'_>) {
    let sizes = group.rows.iter().map(|row| row.row.size as f64);
    let costs = group.rows.iter().flat_map(|row| row.costs.iter().flatten().map(|cost| cost.minimum));
    let across = Axis::of(sizes, LEFT, WIDTH - RIGHT);
    let up = Axis::of(costs, HEIGHT - BOTTOM, TOP);
    for tick in up.ticks() {
        let (y, label) = (up.at(tick), text::time(tick));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0
        );
    }
    for row in &group.rows {
        let x = across.at(row.row.size as f64);
        let y = HEIGHT - BOTTOM + 18.0;
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>", text::size(row.row.size));
    }
    let mut legend = 0;
    for (place, subject) in ALL.iter().enumerate() {
        let points = group.rows.iter().filter_map(|row| Some((row.row.size as f64, row.costs[place]?.minimum)));
        let points: Vec<_> = points.map(|(size, cost)| format!("{:.1},{:.1}", across.at(size), up.at(cost))).collect();
        if points.is_empty() {
            continue;
        }
        let (colour, width, dashes) = style(place);
        let stroke =
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\"");
        let _ = writeln!(svg, "<polyline {stroke} points=\"{}\"/>", points.join(" "));
        let (x, y) = (WIDTH - RIGHT + 12.0, TOP + 20.0 * f64::from(legend) + 8.0);
        let _ = writeln!(
            svg,
            "<polyline {stroke} points=\"{x:.1},{y:.1} {:.1},{y:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 28.0,
            x + 34.0,
            y + 4.0,
            subject.name
        );
        legend += 1;
    }
}

fn bars(svg: &mut String, group: &Group<'_>) {
    let Some(row) = group.rows.first() else { return };
    let shown: Vec<_> = (0..ALL.len()).filter_map(|place| Some((place, row.costs[place]?.minimum))).collect();
    let most = shown.iter().map(|(_, cost)| *cost).fold(0.0, f64::max);
    let step = (HEIGHT - TOP - BOTTOM) / shown.len() as f64;
    for (nth, (place, cost)) in shown.iter().enumerate() {
        let (left, y) = (180.0, TOP + step * nth as f64);
        let width = cost / most * (WIDTH - left - 90.0);
        let colour = style(*place).0;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left - 6.0,
            y + step * 0.5,
            ALL[*place].name,
            step * 0.7,
            left + width + 6.0,
            y + step * 0.5,
            text::time(*cost)
        );
    }
}
