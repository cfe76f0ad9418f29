use super::text;
use crate::{
    measure::Measured,
    rows::{Goal, Which},
    subjects::{ALL, Class, Mode},
};
use bowline_page::text as figures;
use std::fmt::Write;

/// The cost of the best of those for whom the test is true, and its name.
pub(super) fn best(measured: &Measured, test: impl Fn(&str, Class) -> bool) -> Option<(f64, &'static str)> {
    let costs = ALL.iter().zip(&measured.costs).filter(|(subject, _)| test(subject.name, subject.class));
    costs
        .filter_map(|(subject, cost)| Some((cost.as_ref()?.minimum, subject.name)))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
}

/// Our cost: of chunks, or of the faster way to receive whole messages.
pub(super) fn ours(measured: &Measured, which: Which) -> Option<(f64, &'static str)> {
    best(measured, |_, class| match which {
        Which::Messages => matches!(class, Class::Ours(Mode::Borrowed | Mode::DirectRead)),
        Which::Chunks => class == Class::Ours(Mode::Chunks),
    })
}

/// The floor that does the same.
pub(super) fn floor(measured: &Measured, which: Which) -> Option<(f64, &'static str)> {
    best(measured, |_, class| match which {
        Which::Messages => class == Class::Floor(Mode::Borrowed),
        Which::Chunks => class == Class::Floor(Mode::Chunks),
    })
}

pub(super) fn is_peer(class: Class) -> bool {
    matches!(class, Class::Complete | Class::Bare)
}

/// What was reached of a target: what it is compared with, the target, the figure, and whether it is met.
struct Outcome {
    against: String,
    target: String,
    figure: String,
    met: bool,
}

fn outcome(measured: &Measured, which: Which, goal: Goal) -> Option<Outcome> {
    let (own, _) = ours(measured, which)?;
    let ahead = |(cost, name): (f64, &str), what: &str, factor: f64| Outcome {
        against: format!("{what} ({name})"),
        target: format!("≥ {factor}×"),
        figure: figures::ratio(cost / own),
        met: cost / own >= factor,
    };
    match goal {
        Goal::Complete(factor) => {
            best(measured, |_, class| class == Class::Complete).map(|peer| ahead(peer, "best complete peer", factor))
        }
        Goal::Bare(factor) => {
            best(measured, |_, class| class == Class::Bare).map(|peer| ahead(peer, "best bare codec", factor))
        }
        Goal::Peer(factor) => best(measured, |_, class| is_peer(class)).map(|peer| ahead(peer, "best peer", factor)),
        Goal::Named(name, factor) => best(measured, |peer, _| peer == name).map(|peer| ahead(peer, "one peer", factor)),
        Goal::CompleteBut(but, factor) => best(measured, |peer, class| class == Class::Complete && peer != but)
            .map(|peer| ahead(peer, "best other complete peer", factor)),
        Goal::Floor(factor) => floor(measured, which).map(|(cost, name)| Outcome {
            against: name.to_owned(),
            target: format!("≤ {factor}×"),
            figure: figures::ratio(own / cost),
            met: own / cost <= factor,
        }),
        Goal::Nanoseconds(most) => Some(Outcome {
            against: "the clock".to_owned(),
            target: format!("≤ {}", figures::time(most)),
            figure: figures::time(own),
            met: own <= most,
        }),
    }
}

/// All targets, and whether they are met.
pub(super) fn table(measured: &[Measured]) -> String {
    let mut lines = String::new();
    let (mut met, mut all) = (0, 0);
    for row in measured {
        for &(which, goal) in &row.row.targets {
            let Some(outcome) = outcome(row, which, goal) else { continue };
            all += 1;
            met += usize::from(outcome.met);
            let subject = ours(row, which).map_or("", |(_, name)| name);
            let verdict = if outcome.met { "met" } else { "**missed**" };
            let task = text::task(row.row.task);
            let size = if row.row.size == 0 { String::new() } else { figures::size(row.row.size) };
            let Outcome { against, target, figure, .. } = outcome;
            let _ = writeln!(lines, "| {task} | {size} | {subject} | {against} | {target} | {figure} | {verdict} |");
        }
    }
    format!(
        "\n## Targets\n\n{met} of {all} are met. Ratios compare minimums.\n\n\
         | work | size | subject | compared with | target | reached | |\n|---|--:|---|---|--:|--:|---|\n{lines}"
    )
}
