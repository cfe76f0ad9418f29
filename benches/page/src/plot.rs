//! Plots as plain SVG: lines with both axes logarithmic, or bars if there is one place on the axis.

use crate::text;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 200.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;
const COLOURS: [&str; 10] =
    ["#4477aa", "#ee6677", "#228833", "#b8a531", "#66ccee", "#aa3377", "#997700", "#88ccaa", "#cc6611", "#6a3d9a"];

/// A line of a plot, or a bar.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// For the legend.
    pub name: &'a str,
    /// The same in all plots.
    pub style: Style,
    /// The places across, such as sizes in bytes, and the values, such as times in nanoseconds.
    pub points: Vec<(usize, f64)>,
}

/// How a line is drawn: its colour, its width, its dashes.
#[derive(Clone, Copy, Debug)]
pub struct Style(&'static str, f64, &'static str);

impl Style {
    /// The library that the others are compared with stands out.
    pub fn ours(nth: usize) -> Self {
        Self("#000000", 3.0, ["", "8 4", "2 3"][nth % 3])
    }

    /// What nobody can do better is grey.
    pub fn limit(nth: usize) -> Self {
        Self("#999999", 2.0, ["", "8 4", "2 3"][nth % 3])
    }

    /// One of the peers.
    pub fn peer(nth: usize) -> Self {
        Self(COLOURS[nth % COLOURS.len()], 1.5, "")
    }

    /// A peer that does less.
    pub fn lesser(nth: usize) -> Self {
        Self(COLOURS[nth % COLOURS.len()], 1.5, "5 3")
    }
}

/// What the axes are labelled with.
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    /// For a place across.
    pub across: fn(usize) -> String,
    /// For a value.
    pub up: fn(f64) -> String,
}

/// The plot of times over sizes, of all series that have points.
pub fn svg(title: &str, series: &[Series<'_>]) -> String {
    labelled(title, series, Labels { across: text::size, up: text::time })
}

/// The plot of all series that have points, with labels of any kind.
pub fn labelled(title: &str, series: &[Series<'_>], labels: Labels) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}</text>\n",
        title.replace('`', "").replace('&', "&amp;").replace('<', "&lt;")
    );
    let series: Vec<_> = series.iter().filter(|series| !series.points.is_empty()).collect();
    let mut sizes: Vec<_> = series.iter().flat_map(|series| series.points.iter().map(|point| point.0)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.len() > 1 {
        lines(&mut svg, &sizes, &series, labels);
    } else {
        bars(&mut svg, &series, labels);
    }
    svg.push_str("</svg>\n");
    svg
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

fn lines(svg: &mut String, sizes: &[usize], series: &[&Series<'_>], labels: Labels) {
    let across = Axis::of(sizes.iter().map(|size| *size as f64), LEFT, WIDTH - RIGHT);
    let times = series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let up = Axis::of(times, HEIGHT - BOTTOM, TOP);
    for tick in up.ticks() {
        let (y, label) = (up.at(tick), (labels.up)(tick));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0
        );
    }
    for size in sizes {
        let (x, y) = (across.at(*size as f64), HEIGHT - BOTTOM + 18.0);
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>", (labels.across)(*size));
    }
    for (nth, series) in series.iter().enumerate() {
        let points = series.points.iter();
        let points: Vec<_> =
            points.map(|(size, cost)| format!("{:.1},{:.1}", across.at(*size as f64), up.at(*cost))).collect();
        let Style(colour, width, dashes) = series.style;
        let stroke =
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\"");
        let _ = writeln!(svg, "<polyline {stroke} points=\"{}\"/>", points.join(" "));
        let (x, y) = (WIDTH - RIGHT + 12.0, TOP + 20.0 * nth as f64 + 8.0);
        let _ = writeln!(
            svg,
            "<polyline {stroke} points=\"{x:.1},{y:.1} {:.1},{y:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 28.0,
            x + 34.0,
            y + 4.0,
            series.name
        );
    }
}

fn bars(svg: &mut String, series: &[&Series<'_>], labels: Labels) {
    let shown = series.iter().flat_map(|series| series.points.first().map(|point| (series, point.1)));
    let most = shown.clone().map(|(_, cost)| cost).fold(0.0, f64::max);
    let step = (HEIGHT - TOP - BOTTOM) / series.len() as f64;
    for (nth, (series, cost)) in shown.enumerate() {
        let (left, y) = (180.0, TOP + step * nth as f64);
        let width = cost / most * (WIDTH - left - 90.0);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left - 6.0,
            y + step * 0.5,
            series.name,
            step * 0.7,
            series.style.0,
            left + width + 6.0,
            y + step * 0.5,
            (labels.up)(cost)
        );
    }
}
