//! Writes to standard error: lines, in colour on a terminal, and progress bars below them.

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    time::Instant,
};

const WITH_TOTAL: &str = "{msg} [{bar:30}] {percent:>3} % {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const WITHOUT_TOTAL: &str = "{msg} {spinner} {bytes}, {bytes_per_sec}";

/// Standard error.
pub(crate) struct Screen {
    bars: MultiProgress,
    has_colour: bool,
    is_terminal: bool,
    is_verbose: bool,
}

/// The colour of a line.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Plain,
    Good,
    Bad,
}

impl Screen {
    pub(crate) fn new(is_verbose: bool) -> Self {
        let wants = |name| env::var_os(name).is_none_or(|value| value.is_empty());
        let is_terminal = io::stderr().is_terminal();
        let has_colour = is_terminal && wants("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { bars: MultiProgress::new(), has_colour, is_terminal, is_verbose }
    }

    /// Writes a line. Errors are ignored: there is no other place to report them.
    pub(crate) fn line(&self, tone: Tone, text: impl fmt::Display) {
        let (begin, end) = match tone {
            _ if !self.has_colour => ("", ""),
            Tone::Plain => ("\x1b[2m", "\x1b[0m"),
            Tone::Good => ("\x1b[32m", "\x1b[0m"),
            Tone::Bad => ("\x1b[31m", "\x1b[0m"),
        };
        // With one write, so that nothing that is typed or written by others comes in between.
        let line = format!("{begin}{text}{end}\n");
        self.apart(|| {
            let _ = io::stderr().write_all(line.as_bytes());
        });
    }

    /// Whether someone watches, who wants to see what happens: standard error is a terminal.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_terminal
    }

    /// Writes a line, with `--verbose` only.
    pub(crate) fn detail(&self, text: impl fmt::Display) {
        if self.is_verbose {
            self.line(Tone::Plain, text);
        }
    }

    /// Calls `write` while the bars are hidden, so that its output does not mix with them.
    pub(crate) fn apart<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
    }

    /// Adds a progress bar, which is shown on terminals only. `total` is `None` if the size is not known.
    pub(crate) fn progress(&self, doing: &str, total: Option<u64>) -> Progress {
        let bar = self.bars.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
        let style = ProgressStyle::with_template(if total.is_some() { WITH_TOTAL } else { WITHOUT_TOTAL });
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(doing.to_owned());
        Progress { bar, begun: Instant::now() }
    }
}

/// The progress of a file.
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    pub(crate) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bar.position()
    }

    /// Removes the bar, and prints size, time and rate.
    pub(crate) fn finish(self, screen: &Screen, done: &str) {
        let (bytes, seconds) = (self.bytes(), self.begun.elapsed().as_secs_f64());
        self.bar.finish_and_clear();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "for reading only"
        )]
        let rate = (bytes as f64 / seconds.max(0.001)) as u64;
        screen.line(
            Tone::Plain,
            format_args!("{done}: {} ({bytes} bytes) in {seconds:.1} s, {}/s", HumanBytes(bytes), HumanBytes(rate)),
        );
    }
}
