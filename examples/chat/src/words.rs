//! What `closure()` says, in words for whoever watches the terminal.

use bowline::{Cause, CloseCode, Closure, Deadline, Side};

/// How somebody left.
pub(crate) fn of(closure: Option<&Closure>) -> String {
    let Some(closure) = closure else { return "the connection was dropped".into() };
    match (closure.cause(), closure.begun_by()) {
        (Cause::Closed, Side::Peer) => match closure.code() {
            CloseCode::GOING_AWAY => "left the page".into(),
            CloseCode::NO_STATUS | CloseCode::NORMAL => "said goodbye".into(),
            code => format!("closed with {code} {:?}", closure.reason()),
        },
        (Cause::Closed, Side::Local) => sent_away(closure),
        (Cause::Protocol(error), _) => {
            format!("broke a rule, and was told so with {}: {error}", error.close_code().get())
        }
        (Cause::Deadline(Deadline::Pong | Deadline::Idle), _) => "was silent for too long".into(),
        (Cause::Deadline(Deadline::Close), _) => format!("{}, and did not answer that", sent_away(closure)),
        (Cause::EndOfStream(during), _) => format!("the network went away: the stream ended {during}"),
        (Cause::Transport, _) => "the network went away: the transport failed".into(),
        (cause, _) => cause.to_string(),
    }
}

fn sent_away(closure: &Closure) -> String {
    closure.sent().map_or_else(
        || "the connection was ended".into(),
        |frame| format!("was sent away with {}: {}", frame.code.get(), frame.reason),
    )
}
