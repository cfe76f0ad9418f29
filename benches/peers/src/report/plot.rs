//! The plot of a group.

use super::groups::Group;
use crate::subjects::{ALL, Class};
use bowline_page::plot::{Series, Style, svg};

pub(super) fn plot(group: &Group<'_>) -> String {
    let series = ALL.iter().enumerate().map(|(place, subject)| {
        let points = group.rows.iter().filter_map(|row| Some((row.row.size, row.costs[place]?.minimum)));
        Series { name: subject.name, style: style(place), points: points.collect() }
    });
    svg(&format!("{}: time per message", group.title), &series.collect::<Vec<_>>())
}

fn style(place: usize) -> Style {
    match ALL[place].class {
        Class::Ours(_) => Style::ours(place),
        Class::Floor(_) => Style::limit(place),
        Class::Complete => Style::peer(place),
        Class::Bare => Style::lesser(place),
    }
}
