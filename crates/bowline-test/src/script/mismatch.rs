use crate::received::Received;
use std::{error, fmt};

/// How many received items a message shows.
const MAX_SHOWN: usize = 10;

/// A step of a script failed: something else was received than it expected, or nothing, or its bytes were not accepted.
///
/// Printed, it has the number of the step, what was expected, what was received, and what was received before:
///
/// ```text
/// step 3: expected text "pong"
///   received: a Close frame with 1011 (internal error)
///   before:   text "welcome", a ping ""
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub(super) step: usize,
    pub(super) action: String,
    pub(super) problem: Problem,
    /// What was received before.
    pub(super) before: Vec<Received>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something else was received.
    Received(Received),
    /// Nothing was received, or nothing was accepted, for this long: a description.
    Waited(String),
    /// The step cannot be played: a description.
    Other(String),
}

impl Mismatch {
    /// The number of the step, counted from 1.
    #[must_use]
    pub const fn step(&self) -> usize {
        self.step
    }

    /// What the step was to do, such as `expected text "pong"`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// What was received instead; `None` if it was nothing, or if the stream failed while the step wrote.
    #[must_use]
    pub const fn received(&self) -> Option<&Received> {
        match &self.problem {
            Problem::Received(received) => Some(received),
            _ => None,
        }
    }

    /// Everything that was received before, in order.
    #[must_use]
    pub fn before(&self) -> &[Received] {
        &self.before
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, action, problem, before } = self;
        write!(f, "step {step}: {action}\n  ")?;
        match problem {
            Problem::Received(received) => write!(f, "received: {received}")?,
            Problem::Waited(text) | Problem::Other(text) => write!(f, "but:      {text}")?,
        }
        let skipped = before.len().saturating_sub(MAX_SHOWN);
        let mut shown: Vec<_> = before.iter().skip(skipped).map(ToString::to_string).collect();
        match skipped {
            0 if shown.is_empty() => shown.push("nothing".into()),
            0 => {}
            _ => shown.insert(0, format!("({skipped} more)")),
        }
        write!(f, "\n  before:   {}", shown.join(", "))
    }
}

impl error::Error for Mismatch {}
