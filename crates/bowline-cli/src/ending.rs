//! How a connection ended, in words and as an exit status.

use bowline::{Cause, CloseCode, Closure, Deadline, ProtocolError, Side, Violation};
use std::{fmt::Write, io, time::Duration};

/// What the exit status says. The table for users is in `arguments.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Both sides closed, and neither complained.
    Clean = 0,
    /// There was no connection.
    NotConnected = 1,
    /// The command line is wrong; clap uses the same.
    Usage = 2,
    /// The server did not accept the handshake.
    Refused = 3,
    /// The server closed with a code that means an error.
    PeerError = 4,
    /// One side did not learn how the other ended.
    Lost = 5,
    /// The server broke a rule or a limit.
    Violation = 6,
    /// Reading, writing or receiving what was asked for failed on this side.
    Here = 7,
    /// Ctrl-C was pressed twice.
    Interrupted = 130,
}

/// The last line, and the exit status.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) words: String,
}

impl Ending {
    pub(crate) fn new(status: Status, words: impl Into<String>) -> Self {
        Self { status, words: words.into() }
    }

    /// The end of a connection that was open. `io` is what the stream said, if it failed.
    pub(crate) fn of(closure: &Closure, io: Option<&io::Error>, close_timeout: Duration) -> Self {
        match closure.cause() {
            Cause::Protocol(error) => violated(error),
            Cause::Closed if closure.is_clean() => closed(closure),
            Cause::Deadline(Deadline::Close) => Self::new(
                Status::Lost,
                format!(
                    "not clean: this side closed, and the server did not answer the Close frame within {close_timeout:?}. \
                     It may be busy, or gone: --close-timeout waits longer."
                ),
            ),
            cause => lost(closure, cause, io),
        }
    }
}

fn violated(error: ProtocolError) -> Ending {
    let advice = match error.violation() {
        Violation::MessageTooBig { .. } | Violation::FrameTooBig { .. } => {
            "Accept larger ones with --limit, or write the message to a file with --receive-file."
        }
        Violation::NoMemory => "Write it to a file with --receive-file, in pieces.",
        _ => "The fault is the server's, or that of something in between: report it to those who run it.",
    };
    let words = format!("failed by this side with {}: {error}. {advice}", error.close_code());
    Ending::new(Status::Violation, words)
}

/// Both Close frames are there. What the server says counts, also if this side began.
fn closed(closure: &Closure) -> Ending {
    let code = closure.code();
    let status = match code {
        CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS => Status::Clean,
        _ => Status::PeerError,
    };
    let sent = closure.sent().map_or(CloseCode::NO_STATUS, |frame| frame.code);
    let mut words = match closure.begun_by() {
        Side::Local if code == sent => format!("closed by this side with {code}, and the server agreed"),
        Side::Local => format!("closed by this side with {sent}, and the server answered with {code}"),
        Side::Peer => format!("closed by the server with {code}"),
    };
    if !closure.reason().is_empty() {
        // Escaped, as it is the server's choice what is in it.
        let _ = write!(words, ", reason {:?}", closure.reason());
    }
    words.push_str("; clean.");
    if let Some(advice) = advice(code) {
        let _ = write!(words, " {advice}");
    }
    Ending::new(status, words)
}

/// What the code means for whoever reads it, and what to do.
fn advice(code: CloseCode) -> Option<&'static str> {
    Some(match code {
        CloseCode::GOING_AWAY => "The server shuts down, or has no more use for the connection: connect again later.",
        CloseCode::PROTOCOL_ERROR => "The server found fault with what this client sent: please report it.",
        CloseCode::UNSUPPORTED_DATA => "The server does not take this kind of message: try with --binary, or without.",
        CloseCode::INVALID_DATA => "The server could not read what a message held: look at what was sent.",
        CloseCode::POLICY_VIOLATION => "The server does not allow what was sent, or from whom, or how fast.",
        CloseCode::TOO_BIG => "A message was too big for the server: send it in smaller ones.",
        CloseCode::EXTENSION_REQUIRED => "The server misses an extension: try with --compress.",
        CloseCode::INTERNAL_ERROR => "Something failed in the server: its log will say what; try again later.",
        CloseCode::SERVICE_RESTART => "The server restarts: connect again in a moment.",
        CloseCode::TRY_AGAIN_LATER => "The server is overloaded: connect again later.",
        CloseCode::BAD_GATEWAY => "A gateway could not reach the server behind it: try again later.",
        _ if code.get() >= 3000 => "What this code means is for the application to say: see its documentation.",
        _ => return None,
    })
}

fn lost(closure: &Closure, cause: Cause, io: Option<&io::Error>) -> Ending {
    let mut words = String::from(if closure.begun_by() == Side::Local && closure.received().is_none() {
        "not clean: this side closed, but "
    } else {
        "lost: "
    });
    let _ = match cause {
        Cause::EndOfStream(during) => write!(words, "the server ended the stream {during}"),
        Cause::Deadline(deadline) => write!(words, "{deadline}"),
        Cause::Closed => {
            write!(words, "the server closed with {}, and was gone before it was answered", closure.code())
        }
        _ => match io {
            Some(error) => write!(words, "the connection failed: {error}"),
            None => write!(words, "the connection failed"),
        },
    };
    words.push_str(
        ". The server, or something in between, cut it: what was sent last may not have arrived. Connect again.",
    );
    Ending::new(Status::Lost, words)
}
