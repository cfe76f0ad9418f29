//! Reads what is to be sent: files, then the lines of standard input. A separate thread reads them, a few chunks ahead, since
//! reading standard input can block indefinitely.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
};
use bowline::{Message, bytes::Bytes};
use std::{
    fs::File,
    io::{self, BufRead, Read},
    mem,
    path::PathBuf,
    str, thread,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The size of one fragment of a file, in bytes.
const CHUNK: u64 = 64 * 1024;

/// The most bytes of a line, so that input without line feeds cannot use all memory: the default of
/// `Limits::output`, above which no message can be sent.
const MAX_LINE: usize = 32 * 1024 * 1024;

/// How many jobs are read ahead.
const AHEAD: usize = 4;

const NOT_UTF_8: &str = "it is not valid UTF-8; leave out --text to send it as binary";

/// The next step for the session.
pub(crate) enum Job {
    /// A file begins. The size of a pipe is not known.
    Begin { name: String, len: Option<u64> },
    /// A message, or a chunk of the file that was begun.
    Send(Message),
    /// Reading failed. This is the last job.
    Failed(String),
}

/// The opened files, and whether to read standard input.
pub(crate) struct Input {
    files: Vec<(PathBuf, File)>,
    is_text: bool,
    lines: Option<Lines>,
}

struct Lines {
    is_binary: bool,
}

/// The session has ended, and takes no more jobs.
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

    /// Starts the thread that reads. The channel is closed at the end of all input.
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
            Some(lines) => lines.send(&mut io::stdin().lock(), jobs),
            None => Ok(()),
        }
    }
}

fn put(jobs: &Sender<Job>, job: Job) -> Result<(), Gone> {
    jobs.blocking_send(job).map_err(|_| Gone)
}

/// Sends a file as one message in fragments. It reads one chunk ahead, to mark the last one.
fn send_file(file: &mut File, is_text: bool, jobs: &Sender<Job>) -> Result<Result<(), String>, Gone> {
    let mut bytes = match next_chunk(file, Vec::new()) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error.to_string())),
    };
    loop {
        // A text chunk cannot end inside a character, so its first bytes are sent with the next chunk.
        let rest = match if is_text { incomplete(&bytes) } else { Ok(0) } {
            Ok(rest) => bytes.split_off(bytes.len().saturating_sub(rest)),
            Err(error) => return Ok(Err(error)),
        };
        let kept = rest.len();
        let next = match next_chunk(file, rest) {
            Ok(next) => next,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let last = next.len() == kept;
        if last && kept > 0 {
            return Ok(Err("it is not valid UTF-8: it ends in the middle of a character".into()));
        }
        let data = mem::replace(&mut bytes, next);
        match chunk(data, is_text, last) {
            Ok(chunk) => put(jobs, Job::Send(chunk))?,
            Err(error) => return Ok(Err(error)),
        }
        if last {
            return Ok(Ok(()));
        }
    }
}

fn next_chunk(file: &mut File, mut begun: Vec<u8>) -> io::Result<Vec<u8>> {
    file.by_ref().take(CHUNK).read_to_end(&mut begun)?;
    Ok(begun)
}

/// Returns the number of bytes at the end that are the beginning of an incomplete character.
fn incomplete(bytes: &[u8]) -> Result<usize, String> {
    match str::from_utf8(bytes) {
        Ok(_) => Ok(0),
        Err(error) if error.error_len().is_none() => Ok(bytes.len().saturating_sub(error.valid_up_to())),
        Err(_) => Err(NOT_UTF_8.into()),
    }
}

fn chunk(data: Vec<u8>, is_text: bool, last: bool) -> Result<Message, String> {
    let data = Bytes::from(data);
    Ok(if is_text {
        Message::TextChunk { text: data.try_into().map_err(|_| NOT_UTF_8)?, last }
    } else {
        Message::BinaryChunk { data, last }
    })
}

impl Lines {
    fn send(&self, stdin: &mut impl BufRead, jobs: &Sender<Job>) -> Result<(), Gone> {
        for number in 1_u64.. {
            let mut line = Vec::new();
            match stdin.take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) if line.len() > MAX_LINE => {
                    let limit = MAX_LINE / 1024 / 1024;
                    let reason =
                        format!("line {number} of standard input is longer than {limit} MiB: send it with --send-file");
                    return put(jobs, Job::Failed(reason));
                }
                Ok(_) => {}
                Err(error) => return put(jobs, Job::Failed(format!("cannot read standard input: {error}"))),
            }
            match self.message(line, number) {
                Ok(message) => put(jobs, Job::Send(message))?,
                Err(reason) => return put(jobs, Job::Failed(reason)),
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
                "line {number} of standard input is not valid UTF-8 (first invalid byte: {}): use --binary to send it unchanged",
                error.utf8_error().valid_up_to().saturating_add(1)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// An endless line ends the client before it fills the memory.
    #[test]
    fn an_endless_line() {
        for byte in [0, b'x'] {
            let (jobs, mut received) = channel(AHEAD);
            let lines = Lines { is_binary: byte == 0 };
            assert!(lines.send(&mut BufReader::new(io::repeat(byte)), &jobs).is_ok());
            let Ok(Job::Failed(reason)) = received.try_recv() else { panic!("it was sent") };
            assert_eq!(reason, "line 1 of standard input is longer than 32 MiB: send it with --send-file");
        }
    }
}
