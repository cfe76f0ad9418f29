//! Describes how a connection ended: the last line on standard error, and the exit status.

use bowline::{Cause, CloseCode, Closure, Deadline, Endpoint, ProtocolError, Violation};
use std::{fmt::Write, io, time::Duration};

/// The exit status. Its documentation for users is in `arguments.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// A normal end.
    Clean = 0,
    /// There was no connection.
    NotConnected = 1,
    /// The command line is not valid. clap uses the same status.
    Usage = 2,
    /// The server did not accept the handshake.
    Refused = 3,
    /// The server closed with a code that means an error.
    PeerError = 4,
    /// The connection was lost, or the server did not answer the Close frame.
    Lost = 5,
    /// The server broke a rule or a limit.
    Violation = 6,
    /// Reading, writing or receiving failed in this program.
    Here = 7,
    /// Ctrl-C was pressed twice, or while connecting.
    Interrupted = 130,
}

/// The last line, and the exit status.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) line: String,
}

impl Ending {
    pub(crate) fn new(status: Status, line: impl Into<String>) -> Self {
        Self { status, line: line.into() }
    }

    /// The end of a connection that was open. `io` is the error of the stream, if it failed.
    pub(crate) fn of(closure: &Closure, io: Option<&io::Error>, close_timeout: Duration) -> Self {
        match closure.cause() {
            Cause::Protocol(error) => violated(error),
            Cause::Closed if closure.is_clean() => closed(closure),
            Cause::Deadline(Deadline::Close) => Self::new(
                Status::Lost,
                format!(
                    "not clean: this client closed, but the server did not answer the Close frame within {close_timeout:?}. \
                     The server may be busy or gone: use --close-timeout to wait longer."
                ),
            ),
            cause => lost(closure, cause, io),
        }
    }
}

fn violated(error: ProtocolError) -> Ending {
    let advice = match error.violation() {
        Violation::MessageTooBig { .. } | Violation::FrameTooBig { .. } => {
            "Accept larger messages with --limit, or write the message to a file with --receive-file."
        }
        Violation::NoMemory => "Write the message to a file with --receive-file, in chunks.",
        _ => "The server, or a proxy in between, is at fault: report it to its operator.",
    };
    let line = format!("failed by this client with {}: {error}. {advice}", error.close_code());
    Ending::new(Status::Violation, line)
}

/// Describes an end after both Close frames. The server's code decides the exit status, even if this client closed first.
fn closed(closure: &Closure) -> Ending {
    let code = closure.code();
    let sent = closure.sent().map_or(CloseCode::NO_STATUS, |frame| frame.code);
    let mut line = match closure.begun_by() {
        Endpoint::Local if code == sent => format!("closed by this client with {code}, and the server agreed"),
        Endpoint::Local => format!("closed by this client with {sent}, and the server answered with {code}"),
        Endpoint::Remote => format!("closed by the server with {code}"),
    };
    if !closure.reason().is_empty() {
        // Escaped, as it may contain control characters.
        let _ = write!(line, ", reason {:?}", closure.reason());
    }
    line.push_str("; clean.");
    if let Some(advice) = advice(code) {
        let _ = write!(line, " {advice}");
    }
    Ending::new(if closure.is_normal() { Status::Clean } else { Status::PeerError }, line)
}

/// Explains what the code means in practice, and what to do.
fn advice(code: CloseCode) -> Option<&'static str> {
    Some(match code {
        CloseCode::GOING_AWAY => {
            "The server is shutting down, or has no more use for the connection: connect again later."
        }
        CloseCode::PROTOCOL_ERROR => "The server rejected a frame of this client: please report this as a bug.",
        CloseCode::UNSUPPORTED_DATA => "The server does not accept this type of message: try with or without --binary.",
        CloseCode::INVALID_DATA => "The server could not decode a message: check what was sent.",
        CloseCode::POLICY_VIOLATION => "A policy of the server does not allow this message, this user or this rate.",
        CloseCode::TOO_BIG => "A message was too large for the server: send smaller ones.",
        CloseCode::EXTENSION_REQUIRED => "The server requires an extension: try with --compress.",
        CloseCode::INTERNAL_ERROR => "The server failed: see its log, or try again later.",
        CloseCode::SERVICE_RESTART => "The server is restarting: connect again in a moment.",
        CloseCode::TRY_AGAIN_LATER => "The server is overloaded: connect again later.",
        CloseCode::BAD_GATEWAY => "A gateway could not reach the server behind it: try again later.",
        _ if code.get() >= 3000 => "This code is defined by the application: see its documentation.",
        _ => return None,
    })
}

fn lost(closure: &Closure, cause: Cause, io: Option<&io::Error>) -> Ending {
    let mut line = String::from(if closure.begun_by() == Endpoint::Local && closure.received().is_none() {
        "not clean: this client closed, but "
    } else {
        "lost: "
    });
    let _ = match cause {
        Cause::EndOfStream(interrupted) => write!(line, "the server ended the stream {interrupted}"),
        Cause::Deadline(deadline) => write!(line, "{deadline}"),
        Cause::Closed => {
            write!(line, "the server closed with {}, and the answer could not be sent", closure.code())
        }
        _ => match io {
            Some(error) => write!(line, "the connection failed: {error}"),
            None => write!(line, "the connection failed"),
        },
    };
    line.push_str(
        ". The server, a proxy or the network cut the connection: the last messages may not have arrived. Connect again.",
    );
    Ending::new(Status::Lost, line)
}
