//! A scripted peer without IO: what it has received, and what it is to write.

use super::{
    mismatch::{Mismatch, Problem},
    opening::Opening,
    reader::Reader,
    step::{Expected, Step},
};
use crate::{frame::Frame, received::Received};
use bowline::{Role, client};
use std::{io, time::Duration};

/// How many bytes of a flood are queued at once.
const FLOOD: usize = 64 * 1024;

/// What a driver has to do for a step. The times are those by which it calls again, whatever happens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    /// The step is over.
    Done,
    /// Write a part of the output, and read nothing.
    Write(Duration),
    /// Read, and write the output if there is any.
    Read(Duration),
    /// Neither.
    Sleep(Duration),
    /// Shut down the write half.
    ShutDown,
    /// Reset the stream.
    Reset,
}

/// How a peer behaves besides its steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) answers_pings: bool,
    pub(crate) answers_close: bool,
    pub(crate) patience: Duration,
}

impl Default for Habits {
    fn default() -> Self {
        Self { answers_pings: false, answers_close: false, patience: Duration::from_secs(60) }
    }
}

/// Plays steps, one after the other.
#[derive(Debug)]
pub(crate) struct Player {
    role: Role,
    pub(crate) habits: Habits,
    reader: Reader,
    opening: Opening,
    output: Vec<u8>,
    /// How much of the output is written.
    written: usize,
    write_error: Option<io::ErrorKind>,
    /// A Close frame was sent.
    has_closed: bool,
    received: Vec<Received>,
    /// How many steps were begun.
    step: usize,
    /// When the step began.
    begun: Duration,
    /// How much of the step is done: it has queued its bytes, or so many of them.
    progress: u64,
}

impl Player {
    pub(crate) fn new(role: Role, habits: Habits) -> Self {
        Self {
            role,
            habits,
            reader: Reader::default(),
            opening: Opening::None,
            output: Vec::new(),
            written: 0,
            write_error: None,
            has_closed: false,
            received: Vec::new(),
            step: 0,
            begun: Duration::ZERO,
            progress: 0,
        }
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn received(&self) -> &[Received] {
        &self.received
    }

    /// The bytes to write.
    pub(crate) fn output(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Reports the outcome of a write.
    pub(crate) fn wrote(&mut self, result: io::Result<usize>) {
        match result {
            Ok(count) => self.written += count,
            Err(error) => {
                self.write_error.get_or_insert(error.kind());
                self.output.clear();
            }
        }
        if self.written >= self.output.len() {
            (self.written, self.output) = (0, Vec::new());
        }
    }

    /// Reports the outcome of a read: bytes, no bytes at the end of the stream, or `None` if the stream failed.
    pub(crate) fn read(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some([]) => self.reader.end(Received::End),
            Some(_) if self.opening.is_refused() => {} // the body of an answer
            Some(bytes) => self.reader.push(bytes),
            None => self.reader.end(Received::Reset),
        }
    }

    /// Begins the next step.
    pub(crate) const fn begin(&mut self, now: Duration) {
        self.step += 1;
        self.begun = now;
        self.progress = 0;
    }

    /// Continues the step that was begun last.
    pub(crate) fn poll(&mut self, step: &Step, now: Duration) -> Result<Todo, Mismatch> {
        self.advance(step, self.begun, now).map_err(|problem| self.mismatch(step, problem))
    }

    /// A step that failed for this reason.
    pub(crate) fn mismatch(&self, step: &Step, problem: Problem) -> Mismatch {
        Mismatch { step: self.step, action: step.to_string(), problem, before: self.received.clone() }
    }

    fn advance(&mut self, step: &Step, begun: Duration, now: Duration) -> Result<Todo, Problem> {
        let until = begun.saturating_add(self.habits.patience);
        match step {
            Step::Expect(Expected::Frame(first, payload)) => self.expect_frame(*first, payload, until, now),
            Step::Expect(expected) => self.expect(expected, until, now),
            Step::Send(_, bytes) => {
                let bytes = self.unless_queued(|_| Ok(bytes.clone()))?;
                self.send(bytes, until, now)
            }
            Step::Request(request) => {
                let bytes = self.unless_queued(|player| Ok(player.opening.request(client::Request::clone(request))))?;
                self.send(bytes, until, now)
            }
            Step::Answer(answer) => {
                let bytes = self.unless_queued(|player| player.opening.answer(&*answer.0))?;
                self.send(bytes, until, now)
            }
            Step::Flood(bytes, times) => Ok(self.flood(bytes, *times, until, now)),
            Step::Trickle(bytes, every) => Ok(self.trickle(bytes, *every, begun, now)),
            Step::Wait(time) => Ok(match begun.saturating_add(*time) {
                end if end <= now => Todo::Done,
                end => Todo::Sleep(end),
            }),
            Step::Ignore => {
                self.reader.discard();
                match self.reader.at_end().cloned() {
                    Some(end) => {
                        self.received.push(end);
                        Ok(Todo::Done)
                    }
                    None => self.wait(until, now),
                }
            }
            Step::ExpectRequest(path) => match self.opening.receive_request(&mut self.reader) {
                Some(received) => self.compare(received, |received| match (path, received) {
                    (Some(path), Received::Request(head)) => *path == head.path_and_query,
                    (None, Received::Request(_)) => true,
                    _ => false,
                }),
                None => self.wait(until, now),
            },
            Step::ExpectResponse(wanted) => match self.opening.receive_response(&mut self.reader)? {
                Some(received) => self.compare(
                    received,
                    |received| matches!(received, Received::Response { status, .. } if status == wanted),
                ),
                None => self.wait(until, now),
            },
            Step::End => Ok(self.once(Todo::ShutDown)),
            Step::Reset => Ok(self.once(Todo::Reset)),
        }
    }

    fn expect(&mut self, expected: &Expected, until: Duration, now: Duration) -> Result<Todo, Problem> {
        while let Some(received) = self.reader.next(self.role.peer()) {
            let is_skipped = self.habits.answers_pings && matches!(received, Received::Ping(_));
            if expected.matches(&received) {
                self.record(received);
                return Ok(Todo::Done);
            }
            if !is_skipped {
                return Err(Problem::Received(received));
            }
            self.record(received);
        }
        self.wait(until, now)
    }

    fn expect_frame(&mut self, first: u8, payload: &[u8], until: Duration, now: Duration) -> Result<Todo, Problem> {
        match self.reader.next_frame(self.role.peer()) {
            Some(Ok(frame)) if (frame.first, &*frame.payload) == (first, payload) => {
                if let Some(received) = self.reader.finish(frame) {
                    self.record(received);
                }
                Ok(Todo::Done)
            }
            Some(Ok(Frame { first, payload, .. })) => {
                let text = format!("received a frame {first:#04x} {}", crate::received::Shown(&payload));
                Err(Problem::Other(text))
            }
            Some(Err(received)) => Err(Problem::Received(received)),
            None => self.wait(until, now),
        }
    }

    /// Takes an item that ends the step if it is as expected.
    fn compare(&mut self, received: Received, is_expected: impl Fn(&Received) -> bool) -> Result<Todo, Problem> {
        if is_expected(&received) {
            self.record(received);
            Ok(Todo::Done)
        } else {
            Err(Problem::Received(received))
        }
    }

    /// Keeps an item, and answers it if that is a habit.
    fn record(&mut self, received: Received) {
        let answer = match &received {
            Received::Ping(payload) if self.habits.answers_pings => Some(Frame::pong(payload.clone())),
            Received::Close { code, .. } if self.habits.answers_close && !self.has_closed => {
                self.has_closed = true;
                Some(Frame::close(*code, ""))
            }
            _ => None,
        };
        if let Some(frame) = answer.filter(|_| self.write_error.is_none()) {
            self.output.extend(frame.sent_by(self.role).encode());
        }
        self.received.push(received);
    }

    fn wait(&self, until: Duration, now: Duration) -> Result<Todo, Problem> {
        if now >= until {
            return Err(Problem::Waited(format!("nothing was received for {:?}", self.habits.patience)));
        }
        Ok(Todo::Read(until))
    }

    /// The bytes of a step, once.
    fn unless_queued(&mut self, make: impl FnOnce(&mut Self) -> Result<Vec<u8>, Problem>) -> Result<Vec<u8>, Problem> {
        if self.progress > 0 {
            return Ok(Vec::new());
        }
        self.progress = 1;
        make(self)
    }

    fn send(&mut self, bytes: Vec<u8>, until: Duration, now: Duration) -> Result<Todo, Problem> {
        self.has_closed |= bytes.first() == Some(&0x88);
        self.output.extend(bytes);
        if let Some(kind) = self.write_error {
            self.output.clear();
            let text = format!("the stream does not accept it any more: {}", io::Error::from(kind));
            return Err(Problem::Other(text));
        }
        match self.output() {
            [] => Ok(Todo::Done),
            _ if now >= until => {
                let text = format!("the stream did not accept it for {:?}", self.habits.patience);
                Err(Problem::Waited(text))
            }
            _ => Ok(Todo::Write(until)),
        }
    }

    fn flood(&mut self, bytes: &[u8], times: u64, until: Duration, now: Duration) -> Todo {
        if self.write_error.is_some() || now >= until {
            (self.written, self.output) = (0, Vec::new());
            return Todo::Done;
        }
        if self.output().is_empty() {
            let most = FLOOD.checked_div(bytes.len()).unwrap_or(0).max(1);
            let count = most.min(usize::try_from(times - self.progress).unwrap_or(usize::MAX));
            self.output.extend(bytes.repeat(count));
            self.progress += count as u64;
        }
        if self.output().is_empty() { Todo::Done } else { Todo::Write(until) }
    }

    fn trickle(&mut self, bytes: &[u8], every: Duration, begun: Duration, now: Duration) -> Todo {
        let (Some(next), None) =
            (usize::try_from(self.progress).ok().and_then(|next| bytes.get(next)), self.write_error)
        else {
            let again = now.saturating_add(every.max(Duration::from_millis(1)));
            return if self.output().is_empty() { Todo::Done } else { Todo::Write(again) };
        };
        let due = begun.saturating_add(every.saturating_mul(u32::try_from(self.progress).unwrap_or(u32::MAX)));
        if due > now {
            return if self.output().is_empty() { Todo::Sleep(due) } else { Todo::Write(due) };
        }
        self.output.push(*next);
        self.progress += 1;
        Todo::Write(due.saturating_add(every))
    }

    fn once(&mut self, todo: Todo) -> Todo {
        self.progress += 1;
        if self.progress == 1 { todo } else { Todo::Done }
    }
}
