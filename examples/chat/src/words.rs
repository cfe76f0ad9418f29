//! Describes a closure for the terminal.

use bowline::{Cause, CloseCode, Closure, Deadline, Endpoint};

/// Describes how a client left, as the end of a sentence that begins with its name.
pub(crate) fn of(closure: Option<&Closure>) -> String {
    let Some(closure) = closure else { return "the connection was dropped".into() };
    match (closure.cause(), closure.begun_by()) {
        (Cause::Closed, Endpoint::Remote) => match closure.code() {
            CloseCode::GOING_AWAY => "left the page".into(),
            CloseCode::NO_STATUS | CloseCode::NORMAL => "closed the connection".into(),
            code => format!("closed the connection with {code} {:?}", closure.reason()),
        },
        (Cause::Closed, Endpoint::Local) => disconnected(closure),
        (Cause::Protocol(error), _) => format!("violated the protocol ({}): {error}", error.close_code().get()),
        (Cause::Deadline(Deadline::Pong | Deadline::Idle), _) => "timed out".into(),
        (Cause::Deadline(Deadline::Close), _) => {
            format!("{}, and did not answer the Close frame", disconnected(closure))
        }
        (Cause::EndOfStream(interrupted), _) => format!("lost the connection: the stream ended {interrupted}"),
        (Cause::Transport, _) => "lost the connection: the transport failed".into(),
        (cause, _) => cause.to_string(),
    }
}

fn disconnected(closure: &Closure) -> String {
    closure.sent().map_or_else(
        || "was disconnected".into(),
        |frame| format!("was disconnected with {}: {}", frame.code.get(), frame.reason),
    )
}
