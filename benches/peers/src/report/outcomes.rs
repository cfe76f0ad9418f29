//! Ratios between subjects of a row, and what they say about its targets.

use crate::{
    job::Task,
    measure::Measured,
    rows::{Goal, Target, Which},
    subjects::{ALL, Class, Mode, Subject},
};

/// A difference that the same subject shows from one run to the next.
const NOISE: f64 = 0.03;

/// The place in [`ALL`] of the fastest subject for which the test is true, and what it needs for a message, in nanoseconds.
fn best(measured: &Measured, test: impl Fn(&Subject) -> bool) -> Option<(usize, f64)> {
    let costs = ALL.iter().zip(&measured.costs).enumerate().filter(|(_, (subject, _))| test(subject));
    costs.filter_map(|(place, (_, cost))| Some((place, cost.as_ref()?.minimum))).min_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// Ours: that of chunks, or the faster way to receive whole messages.
pub(super) fn ours(measured: &Measured, which: Which) -> Option<(usize, f64)> {
    best(measured, |subject| match which {
        Which::Messages => matches!(subject.class, Class::Ours(Mode::Borrowed | Mode::DirectRead)),
        Which::Chunks => subject.class == Class::Ours(Mode::Chunks),
    })
}

/// The best complete library.
pub(super) fn complete(measured: &Measured) -> Option<(usize, f64)> {
    best(measured, |subject| subject.class == Class::Complete)
}

pub(super) fn bare(measured: &Measured) -> Option<(usize, f64)> {
    best(measured, |subject| subject.class == Class::Bare)
}

/// The floor that hands out messages as ours does: borrowed where they lie in one read, owned where they span reads.
pub(super) fn floor(measured: &Measured, which: Which) -> Option<(usize, f64)> {
    let mode = match (which, ALL[ours(measured, which)?.0].class) {
        (Which::Chunks, _) => Mode::Chunks,
        (_, Class::Ours(Mode::DirectRead)) => Mode::DirectRead,
        _ if is_owned(measured) => Mode::Owned,
        _ => Mode::Borrowed,
    };
    best(measured, |subject| subject.class == Class::Floor(mode))
        .or_else(|| best(measured, |subject| subject.class == Class::Floor(Mode::Borrowed)))
}

fn is_owned(measured: &Measured) -> bool {
    matches!(measured.row.task, Task::Receive { .. } | Task::Fragments { .. }) && !measured.fits_a_read
}

/// How a target is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    /// Missed by less than the noise.
    Noise,
    Missed,
}

/// What a target asks for, what was reached, and whether that is enough.
pub(super) struct Outcome {
    pub(super) which: Which,
    pub(super) goal: String,
    pub(super) verdict: Verdict,
}

/// The outcomes of all targets of a row that have something to compare with.
pub(super) fn of(measured: &Measured) -> Vec<Outcome> {
    measured.row.targets.iter().filter_map(|&target| outcome(measured, target)).collect()
}

fn outcome(measured: &Measured, (which, goal): Target) -> Option<Outcome> {
    let (_, own) = ours(measured, which)?;
    let ahead = |(_, cost): (usize, f64), factor: f64, what: &str| {
        Some(Outcome { which, goal: format!("≥ {factor}× {what}"), verdict: verdict(cost / own / factor) })
    };
    let over = |(_, cost): (usize, f64), factor: f64, what: &str| {
        Some(Outcome { which, goal: format!("≤ {factor}× {what}"), verdict: verdict(cost * factor / own) })
    };
    match goal {
        Goal::Complete(factor) => ahead(complete(measured)?, factor, "library"),
        Goal::Bare(factor) => ahead(bare(measured)?, factor, "codec"),
        Goal::StrongKeys(factor) => {
            let strong = best(measured, |subject| subject.class == Class::Complete && !subject.weak_keys)?;
            ahead(strong, factor, "library with strong keys")
        }
        Goal::Floor(factor) => over(floor(measured, which)?, factor, "floor"),
        Goal::Clone(factor) => {
            let clone = best(measured, |subject| subject.class == Class::Floor(Mode::Clone))?;
            over(clone, factor, "clone")
        }
    }
}

/// `reached` is 1 where the target is just met, and more where it is exceeded.
fn verdict(reached: f64) -> Verdict {
    match reached {
        reached if reached >= 1.0 => Verdict::Met,
        reached if reached >= 1.0 - NOISE => Verdict::Noise,
        _ => Verdict::Missed,
    }
}

/// How many times as fast as the best complete library we are.
pub(super) fn lead(measured: &Measured, which: Which) -> Option<f64> {
    Some(complete(measured)?.1 / ours(measured, which)?.1)
}

/// Whether no complete library is faster.
pub(super) fn is_first(lead: f64) -> bool {
    verdict(lead) != Verdict::Missed
}
