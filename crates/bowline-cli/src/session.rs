//! Runs an open connection to its end: one loop that sends, receives and closes.

use crate::{
    arguments::Arguments,
    connect::Socket,
    ending::{Ending, Status},
    input::Job,
    output::{Failure, Output},
    pings::Pings,
    screen::{Progress, Screen, Tone},
};
use bowline::{CloseCode, Event, Message, SendError, adapter::tokio::Error};
use futures_sink::Sink;
use std::{
    future::{self, Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
};
use tokio::{
    select,
    sync::{Notify, mpsc::Receiver},
    time::{Instant, sleep_until},
};

pub(crate) struct Session<'a> {
    arguments: &'a Arguments,
    screen: &'a Screen,
    socket: Socket,
    jobs: Receiver<Job>,
    /// The message to be sent as soon as the output accepts it.
    waiting: Option<Message>,
    /// The file that is being sent, and its name.
    sending: Option<(Progress, String)>,
    /// The number of files that are not completely sent.
    files_left: usize,
    output: Output,
    pings: Pings,
    /// All input has been sent.
    has_sent_all: bool,
    /// With `--linger`: when to close, after the end of standard input.
    linger_until: Option<Instant>,
    /// Our Close frame is queued.
    is_closing: bool,
    /// The first local error.
    failure: Option<String>,
    /// Writing received messages failed, or the reader of standard output has closed it.
    is_output_over: bool,
}

/// Why the loop woke up.
enum Turn {
    Socket(Ready),
    Job(Option<Job>),
    Ping,
    LingerIsOver,
    Interrupted,
}

/// The operations that would not wait.
struct Ready {
    /// `Ok(true)` if there is input, `Ok(false)` after a normal end.
    input: Option<Result<bool, Error>>,
    /// A message can be queued.
    can_send: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(arguments: &'a Arguments, screen: &'a Screen, socket: Socket, jobs: Receiver<Job>) -> Self {
        Self {
            arguments,
            screen,
            socket,
            jobs,
            waiting: None,
            sending: None,
            files_left: arguments.files.len(),
            output: Output::new(arguments),
            pings: Pings::every(arguments.ping),
            has_sent_all: false,
            linger_until: None,
            is_closing: false,
            failure: None,
            is_output_over: false,
        }
    }

    /// Runs the connection to its end. Returns `None` if the reader of standard output has closed it, which is not an error.
    pub(crate) async fn run(mut self, interrupt: &Notify) -> Option<Ending> {
        let io = loop {
            let turn = self.next_turn(interrupt).await;
            match turn {
                Turn::Socket(Ready { input, can_send }) => {
                    match input {
                        Some(Ok(true)) => self.receive().await,
                        Some(Ok(false)) => break None,
                        Some(Err(error)) => break Some(error),
                        None => {}
                    }
                    if can_send && let Some(message) = self.waiting.take() {
                        self.send(message).await;
                    }
                }
                Turn::Job(job) => self.work(job),
                Turn::Ping => self.pings.send(self.socket.connection(), self.screen),
                Turn::LingerIsOver => self.close(),
                Turn::Interrupted => {
                    self.screen.detail("closing after Ctrl-C; press it again to exit without waiting for the server");
                    self.close();
                }
            }
        };
        self.ending(io)
    }

    /// Waits for the next turn. `select!` drops the other futures, which loses nothing: all of them are cancel-safe.
    async fn next_turn(&mut self, interrupt: &Notify) -> Turn {
        let takes_jobs = self.waiting.is_none() && !self.has_sent_all && !self.is_closing;
        let lingers = !self.is_closing;
        select! {
            ready = ready(&mut self.socket, self.waiting.is_some()) => Turn::Socket(ready),
            job = self.jobs.recv(), if takes_jobs => Turn::Job(job),
            () = self.pings.due(), if !self.is_closing => Turn::Ping,
            () = at(self.linger_until), if lingers => Turn::LingerIsOver,
            () = interrupt.notified() => Turn::Interrupted,
        }
    }

    fn work(&mut self, job: Option<Job>) {
        match job {
            Some(Job::Begin { name, len }) => {
                self.sending = Some((self.screen.progress(&format!("sending {name}"), len), name));
            }
            Some(Job::Send(message)) => self.waiting = Some(message),
            Some(Job::Failed(reason)) => self.fail(reason),
            None => {
                self.has_sent_all = true;
                match self.arguments.linger {
                    Some(linger) => self.linger_until = Instant::now().checked_add(linger),
                    None if self.arguments.listen || self.arguments.wants_one() => {}
                    None => self.close(),
                }
            }
        }
        self.close_if_done();
    }

    /// Queues a message. The next `read` writes it.
    async fn send(&mut self, message: Message) {
        let len = message.len();
        let is_last =
            !matches!(message, Message::TextChunk { last: false, .. } | Message::BinaryChunk { last: false, .. });
        match self.socket.feed(message).await {
            Ok(()) => self.sent(len, is_last),
            Err(Error::Send(SendError::Full { limit, .. })) => {
                self.fail(format!(
                    "a line of {len} bytes is larger than the output limit of {limit} bytes: send it with --send-file"
                ));
            }
            // The connection is ending. `read` returns why.
            Err(_) => self.has_sent_all = true,
        }
    }

    fn sent(&mut self, len: usize, is_last: bool) {
        let Some((progress, name)) = self.sending.take() else { return };
        progress.advance(len);
        if is_last {
            progress.finish(self.screen, &format!("sent {name}"));
            self.files_left = self.files_left.saturating_sub(1);
            self.close_if_done();
        } else {
            self.sending = Some((progress, name));
        }
    }

    /// Receives all events of one read.
    async fn receive(&mut self) {
        let Ok(Some(mut batch)) = self.socket.read().await else { return };
        let mut outcome = Ok(());
        while let Some((event, _)) = batch.receive() {
            match &event {
                Event::Ping(payload) => self.screen.detail(format_args!("ping \"{}\"", payload.escape_ascii())),
                Event::Pong(payload) => self.pings.answered(payload, self.screen),
                _ if outcome.is_err() || self.is_output_over => {}
                // With `-1`, messages after the first are ignored.
                _ if self.arguments.wants_one() && self.output.received > 0 => {}
                event => outcome = self.output.take(event, self.screen),
            }
        }
        if !self.is_output_over
            && let Err(failure) = outcome.and_then(|()| self.output.flush())
        {
            self.is_output_over = true;
            match failure {
                Failure::Other(reason) => self.fail(reason),
                Failure::BrokenPipe => self.close(),
            }
        }
        self.close_if_done();
    }

    /// With `-1` and `--receive-file`: closes once the message is complete and all files are sent.
    fn close_if_done(&mut self) {
        if self.arguments.wants_one() && self.output.received > 0 && self.files_left == 0 {
            self.close();
        }
    }

    fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
        self.close();
    }

    /// Begins the closing handshake. Messages that arrive until the server closes as well are still received.
    fn close(&mut self) {
        self.is_closing = true;
        self.waiting = None;
        if let Err(error) = self.socket.connection().close(CloseCode::NORMAL, "") {
            self.screen.line(Tone::Bad, error);
        }
    }

    fn ending(&self, error: Option<Error>) -> Option<Ending> {
        match &self.failure {
            Some(reason) => return Some(Ending::new(Status::Here, format!("{reason}. The connection was closed."))),
            None if self.is_output_over => return None,
            None => {}
        }
        let io = match &error {
            Some(Error::Io(io)) => Some(io),
            _ => None,
        };
        let mut ending = match self.socket.closure() {
            Some(closure) => Ending::of(closure, io, self.arguments.close_timeout),
            None => Ending::new(Status::Lost, error.map_or_else(|| "lost".into(), |error| format!("lost: {error}"))),
        };
        if let Some(unfinished) = self.unfinished() {
            ending.line = format!("{unfinished}; {}", ending.line);
            if ending.status == Status::Clean {
                ending.status = Status::Here;
            }
        }
        Some(ending)
    }

    /// Describes a requested transfer that did not happen or is incomplete.
    fn unfinished(&self) -> Option<String> {
        if let Some((progress, name)) = &self.sending {
            return Some(format!("{name} was only partly sent ({} bytes)", progress.bytes()));
        }
        if self.files_left > 0 {
            return Some("not all files were sent".into());
        }
        let has_none = self.arguments.wants_one() && self.output.received == 0;
        self.output.unfinished().or_else(|| has_none.then(|| "no message arrived".into()))
    }
}

/// Waits for input or, if `wants_to_send`, until a message can be queued, and writes meanwhile. It polls the sink first, since
/// that may read ahead: input that arrives then is not missed.
async fn ready(socket: &mut Socket, wants_to_send: bool) -> Ready {
    poll_fn(|cx| {
        // If writing failed, `feed` returns the error.
        let can_send = wants_to_send && Sink::poll_ready(Pin::new(&mut *socket), cx).is_ready();
        let input = match pin!(socket.read()).poll(cx) {
            Poll::Ready(outcome) => Some(outcome.map(|batch| batch.is_some())),
            Poll::Pending => None,
        };
        if can_send || input.is_some() { Poll::Ready(Ready { input, can_send }) } else { Poll::Pending }
    })
    .await
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => future::pending().await,
    }
}
