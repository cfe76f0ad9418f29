//! Writes received messages to standard output, or to a file.

use crate::{
    arguments::Arguments,
    screen::{Progress, Screen},
};
use bowline::Event;
use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::PathBuf,
};

/// Writes messages and chunks of them.
pub(crate) struct Output {
    stdout: BufWriter<Stdout>,
    is_terminal: bool,
    /// What a received text begins with, to tell it from the lines that are typed.
    mark: &'static str,
    file: Option<Receiving>,
    /// How many messages are complete.
    pub(crate) received: u64,
}

/// The destination file of `--receive-file`.
struct Receiving {
    path: PathBuf,
    /// `None` until the message begins.
    open: Option<(File, Progress)>,
}

/// Why a message could not be written.
pub(crate) enum Failure {
    /// The reader of standard output has closed it.
    BrokenPipe,
    Other(String),
}

impl Output {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let file = arguments.receive_file.clone().map(|path| Receiving { path, open: None });
        let is_terminal = io::stdout().is_terminal();
        let mark = if is_terminal && io::stdin().is_terminal() && !arguments.listen { "< " } else { "" };
        Self { stdout: BufWriter::new(io::stdout()), is_terminal, mark, file, received: 0 }
    }

    /// Writes the message or the chunk in an event.
    pub(crate) fn take(&mut self, event: &Event<'_>, screen: &Screen) -> Result<(), Failure> {
        let (data, is_text, last): (&[u8], _, _) = match event {
            Event::Text(text) => (text.as_bytes(), true, true),
            Event::Binary(data) => (data, false, true),
            Event::TextChunk { text, last } => (text.as_bytes(), true, *last),
            Event::BinaryChunk { data, last } => (data, false, *last),
            _ => return Ok(()),
        };
        match &mut self.file {
            Some(file) => {
                file.take(data, screen)
                    .map_err(|error| Failure::Other(format!("cannot write {}: {error}", file.path.display())))?;
            }
            None => screen.apart(|| self.print(data, is_text, last)).map_err(|error| Failure::of_stdout(&error))?,
        }
        if last {
            self.received = self.received.saturating_add(1);
            if let Some(file) = self.file.take() {
                file.finish(screen);
            }
        }
        Ok(())
    }

    /// Writes buffered data. The caller does this before each wait.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(|error| Failure::of_stdout(&error))
    }

    /// Describes a file whose message is incomplete.
    pub(crate) fn unfinished(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(match &file.open {
            Some((_, progress)) => {
                format!("{} contains only the first {} bytes of the message", file.path.display(), progress.bytes())
            }
            None => format!("no message arrived for {}", file.path.display()),
        })
    }

    fn print(&mut self, data: &[u8], is_text: bool, last: bool) -> io::Result<()> {
        self.stdout.write_all(self.mark.as_bytes())?;
        match (self.is_terminal, is_text) {
            (false, _) => self.stdout.write_all(data)?,
            (true, true) => self.stdout.write_all(printable(&String::from_utf8_lossy(data)).as_bytes())?,
            (true, false) => {
                writeln!(
                    self.stdout,
                    "({} bytes of binary data: to save them, use a pipe or --receive-file)",
                    data.len()
                )?;
            }
        }
        if is_text && last { self.stdout.write_all(b"\n") } else { Ok(()) }
    }
}

/// Replaces control characters, which could change the state of the terminal.
fn printable(text: &str) -> String {
    let is_safe = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    text.chars().map(|character| if is_safe(character) { character } else { '\u{fffd}' }).collect()
}

impl Receiving {
    fn take(&mut self, data: &[u8], screen: &Screen) -> io::Result<()> {
        let (file, progress) = match &mut self.open {
            Some(open) => open,
            None => {
                let doing = format!("receiving {}", self.path.display());
                self.open.insert((File::create(&self.path)?, screen.progress(&doing, None)))
            }
        };
        file.write_all(data)?;
        progress.advance(data.len());
        Ok(())
    }

    fn finish(self, screen: &Screen) {
        if let Some((_, progress)) = self.open {
            progress.finish(screen, &format!("received {}", self.path.display()));
        }
    }
}

impl Failure {
    fn of_stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Other(format!("cannot write to standard output: {error}")),
        }
    }
}
