//! What is to be sent: files, then the lines of standard input. A thread of its own reads them, no further ahead than a few
//! pieces, since reading standard input can block for ever.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
};
use bowline::Message;
use std::{
    fs::File,
    io::{self, BufRead, Read},
    mem,
    path::PathBuf,
    str, thread,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How much of a file goes into one fragment, in bytes.
const PIECE: u64 = 64 * 1024;

/// How many jobs may wait.
const AHEAD: usize = 4;

/// What the session has to do next.
pub(crate) enum Job {
    /// A file begins. How large it is, is not always known.
    Begin { name: String, len: Option<u64> },
    /// A message, or a piece of the file that was begun.
    Send(Message),
    /// Reading failed, and the rest cannot be sent.
    Failed(String),
}

/// What there is to read, opened before there is a connection.
pub(crate) struct Input {
    files: Vec<(PathBuf, File)>,
    is_text: bool,
    lines: Option<Lines>,
}

struct Lines {
    is_binary: bool,
}

/// Nobody takes jobs any more.
struct Gone;

impl Input {
    pub(crate) fn open(arguments: &Arguments) -> Result<Self, Ending> {
        let open = |path: &PathBuf| match File::open(path) {
            Ok(file) => Ok((path.clone(), file)),
            Err(error) => Err(Ending::new(Status::Here, format!("cannot read {}: {error}", path.display()))),
        };
        Ok(Self {
            files: arguments.files.iter().map(open).collect::<Result<_, _>>()?,
            is_text: arguments.text,
            lines: (!arguments.listen).then_some(Lines { is_binary: arguments.binary }),
        })
    }

    /// Begins to read. The end of the jobs is the end of all input.
    pub(crate) fn start(self) -> Receiver<Job> {
        let (jobs, receiver) = channel(AHEAD);
        thread::spawn(move || self.run(&jobs));
        receiver
    }

    fn run(self, jobs: &Sender<Job>) -> Result<(), Gone> {
        for (path, mut file) in self.files {
            let name = path.display().to_string();
            let len = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|data| data.len());
            put(jobs, Job::Begin { name: name.clone(), len })?;
            if let Err(error) = send_file(&mut file, self.is_text, jobs)? {
                return put(jobs, Job::Failed(format!("cannot send {name}: {error}")));
            }
        }
        match self.lines {
            Some(lines) => lines.send(jobs),
            None => Ok(()),
        }
    }
}

fn put(jobs: &Sender<Job>, job: Job) -> Result<(), Gone> {
    jobs.blocking_send(job).map_err(|_| Gone)
}

/// One message in fragments. A piece waits until it is known whether another follows.
fn send_file(file: &mut File, is_text: bool, jobs: &Sender<Job>) -> Result<Result<(), String>, Gone> {
    let mut piece = match next_piece(file, Vec::new()) {
        Ok(piece) => piece,
        Err(error) => return Ok(Err(error.to_string())),
    };
    loop {
        // Characters must not be cut: the beginning of one goes with the next piece.
        let rest = match if is_text { incomplete(&piece) } else { Ok(0) } {
            Ok(rest) => piece.split_off(piece.len().saturating_sub(rest)),
            Err(error) => return Ok(Err(error)),
        };
        let kept = rest.len();
        let next = match next_piece(file, rest) {
            Ok(next) => next,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let last = next.len() == kept;
        if last && kept > 0 {
            return Ok(Err("it ends in the middle of a character, so that it is no UTF-8".into()));
        }
        let data = mem::replace(&mut piece, next);
        put(jobs, Job::Send(chunk(data, is_text, last)))?;
        if last {
            return Ok(Ok(()));
        }
    }
}

fn next_piece(file: &mut File, mut begun: Vec<u8>) -> io::Result<Vec<u8>> {
    file.by_ref().take(PIECE).read_to_end(&mut begun)?;
    Ok(begun)
}

/// How many bytes at the end are the beginning of a character.
fn incomplete(piece: &[u8]) -> Result<usize, String> {
    match str::from_utf8(piece) {
        Ok(_) => Ok(0),
        Err(error) if error.error_len().is_none() => Ok(piece.len().saturating_sub(error.valid_up_to())),
        Err(_) => Err("it is not UTF-8, as text must be: send it without --text".into()),
    }
}

/// What is not UTF-8 was found before.
fn chunk(data: Vec<u8>, is_text: bool, last: bool) -> Message {
    if is_text {
        Message::TextChunk { text: String::from_utf8_lossy(&data).into_owned(), last }
    } else {
        Message::BinaryChunk { data: data.into(), last }
    }
}

impl Lines {
    fn send(&self, jobs: &Sender<Job>) -> Result<(), Gone> {
        let mut stdin = io::stdin().lock();
        for number in 1_u64.. {
            let mut line = Vec::new();
            match stdin.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return put(jobs, Job::Failed(format!("cannot read standard input: {error}"))),
            }
            match self.message(line, number) {
                Ok(message) => put(jobs, Job::Send(message))?,
                Err(words) => return put(jobs, Job::Failed(words)),
            }
        }
        Ok(())
    }

    fn message(&self, mut line: Vec<u8>, number: u64) -> Result<Message, String> {
        line.pop_if(|byte| *byte == b'\n');
        if self.is_binary {
            return Ok(line.into());
        }
        line.pop_if(|byte| *byte == b'\r');
        String::from_utf8(line).map(Message::from).map_err(|error| {
            format!(
                "line {number} of standard input is not UTF-8, from its byte {} on: text must be; send it with --binary",
                error.utf8_error().valid_up_to().saturating_add(1)
            )
        })
    }
}
