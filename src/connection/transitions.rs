//! The closing of a connection as one table (RFC 6455 §7). It is the same for both roles.
//!
//! Each cell has the next phase, and below it the action. `—` means that nothing changes.
//!
//! ```text
//!                 close()      Close frame   violation    peer         write        close        end of      transport
//!                              received                   timeout      failed       deadline     stream      failed
//!   Open          CloseSent    Exchanged     Failed       CloseSent    CloseSent    —            Ended       Ended
//!                 send Close   send Close    send Close   send Close   drop output                           drop output
//!   CloseSent     —            Exchanged     Failed       —            —            Ended        Ended       Ended
//!                                                                      drop output  drop output              drop output
//!   Exchanged     —            —             —            —            —            Ended        Ended       Ended
//!                                                                      drop output  drop output              drop output
//!   Failed        —            —             —            —            —            Ended        Ended       Ended
//!                                                                      drop output  drop output              drop output
//!   Ended         —            —             —            —            —            —            —           —
//!                                                                      drop output  drop output              drop output
//! ```
//!
//! How to read it:
//!
//! - Phases only go forward: no row leads to a row above it. So no order of triggers opens a connection again.
//! - A Close frame is sent at most once, since only the transitions out of `Open` send one (§5.5.1). The peer's Close frame is
//!   answered behind everything that is queued.
//! - In `CloseSent`, the peer's messages are still received, since it may send some before its answer.
//! - In `Exchanged`, `Failed` and `Ended`, input is discarded (§1.4, §7.1.7). Nothing that arrives can change how the connection
//!   ended, so that `closure` reports it.
//! - `Exchanged` and `Failed` still need the transport: to write the Close frame, and to read until the peer ends its stream. To
//!   close a socket with unread bytes would reset it, and the peer could lose the Close frame.
//! - When `Exchanged` is over does not depend on the table: `Connection::is_closed` and `should_shutdown` have the rule about who
//!   ends the stream first, which differs between TCP and a stream of HTTP/2 or HTTP/3.
//! - The end of the peer's stream keeps the output: a peer may have shut down only its half of the stream. The close deadline
//!   bounds this, too. That is why there are actions in `Ended`.
//! - After a failed write, nothing can be sent, not even a Close frame. But the peer may have sent one with its reason before it
//!   left. So `Open` goes to `CloseSent`, and input is received until the peer's stream ends, or until the close deadline.
//! - The close deadline is not armed in `Open`. The cell exists since the table is total.

/// The phase of the closing handshake: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Messages can be sent and received.
    Open,
    /// Our Close frame is queued or written, or writing has failed. The Close frame of the peer is awaited.
    CloseSent,
    /// The Close frames are exchanged, except that ours may still be queued. The end of the stream is awaited.
    Exchanged,
    /// The peer broke a rule, and a Close frame is queued or written. The end of the stream is awaited.
    Failed,
    /// The peer's stream has ended, or the transport failed, or the close deadline has expired. Output may be left to write.
    Ended,
}

/// The cause of a transition: a column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The caller called `close`.
    CloseCalled,
    /// The peer's Close frame arrived.
    CloseReceived,
    /// The peer broke a rule.
    Violation,
    /// The deadline for a pong, or the idle deadline, has expired.
    PeerTimeout,
    /// Writing to the transport failed.
    WriteFailed,
    /// The close deadline has expired.
    CloseDeadline,
    /// The peer's half of the stream ended.
    EndOfStream,
    /// Reading from the transport failed.
    TransportFailed,
}

/// The action of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Nothing,
    /// Queue our Close frame.
    SendClose,
    /// Discard what is queued, since it can no longer be written.
    DropOutput,
}

/// Returns the next phase and the action: the table above.
///
/// Only `Ended` and `TransportFailed` have a wildcard, so that the compiler asks for the other cells of a new phase or trigger.
pub(crate) const fn transition(phase: Phase, trigger: Trigger) -> (Phase, Action) {
    use Phase as P;
    use Trigger as T;
    match (phase, trigger) {
        (P::Open, T::CloseCalled | T::PeerTimeout) => (P::CloseSent, Action::SendClose),
        (P::Open, T::CloseReceived) => (P::Exchanged, Action::SendClose),
        (P::Open, T::Violation) => (P::Failed, Action::SendClose),
        (P::Open, T::WriteFailed) => (P::CloseSent, Action::DropOutput),
        (P::Open, T::CloseDeadline) => (P::Open, Action::Nothing),

        (P::CloseSent, T::CloseReceived) => (P::Exchanged, Action::Nothing),
        (P::CloseSent, T::Violation) => (P::Failed, Action::Nothing),

        (P::Open | P::CloseSent | P::Exchanged | P::Failed, T::EndOfStream) => (P::Ended, Action::Nothing),
        (P::CloseSent | P::Exchanged | P::Failed | P::Ended, T::CloseDeadline) => (P::Ended, Action::DropOutput),
        (_, T::TransportFailed) => (P::Ended, Action::DropOutput),
        (P::CloseSent | P::Exchanged | P::Failed | P::Ended, T::WriteFailed) => (phase, Action::DropOutput),

        (P::CloseSent, T::CloseCalled | T::PeerTimeout) => (phase, Action::Nothing),
        (P::Exchanged | P::Failed, T::CloseCalled | T::CloseReceived | T::Violation | T::PeerTimeout) => {
            (phase, Action::Nothing)
        }
        (P::Ended, _) => (P::Ended, Action::Nothing),
    }
}

impl Phase {
    /// Returns whether input is received, and not discarded.
    pub(crate) const fn receives(self) -> bool {
        matches!(self, Self::Open | Self::CloseSent)
    }

    /// Returns whether no later trigger changes the cause of the end. Whether the end is clean is certain only when our Close frame
    /// is written, too.
    pub(crate) const fn is_settled(self) -> bool {
        matches!(self, Self::Exchanged | Self::Failed | Self::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, Phase::*, Trigger::*, *};

    /// [O-08, O-11, O-19, O-26, O-27, O-28, O-29, O-43, O-44] The table, cell by cell, written out once more.
    #[test]
    fn every_cell() {
        let table = [
            (Open, CloseCalled, CloseSent, SendClose),
            (Open, CloseReceived, Exchanged, SendClose),
            (Open, Violation, Failed, SendClose),
            (Open, WriteFailed, CloseSent, DropOutput),
            (Open, PeerTimeout, CloseSent, SendClose),
            (Open, CloseDeadline, Open, Nothing),
            (Open, EndOfStream, Ended, Nothing),
            (Open, TransportFailed, Ended, DropOutput),
            (CloseSent, CloseCalled, CloseSent, Nothing),
            (CloseSent, CloseReceived, Exchanged, Nothing),
            (CloseSent, Violation, Failed, Nothing),
            (CloseSent, WriteFailed, CloseSent, DropOutput),
            (CloseSent, PeerTimeout, CloseSent, Nothing),
            (CloseSent, CloseDeadline, Ended, DropOutput),
            (CloseSent, EndOfStream, Ended, Nothing),
            (CloseSent, TransportFailed, Ended, DropOutput),
            (Exchanged, CloseCalled, Exchanged, Nothing),
            (Exchanged, CloseReceived, Exchanged, Nothing),
            (Exchanged, Violation, Exchanged, Nothing),
            (Exchanged, WriteFailed, Exchanged, DropOutput),
            (Exchanged, PeerTimeout, Exchanged, Nothing),
            (Exchanged, CloseDeadline, Ended, DropOutput),
            (Exchanged, EndOfStream, Ended, Nothing),
            (Exchanged, TransportFailed, Ended, DropOutput),
            (Failed, CloseCalled, Failed, Nothing),
            (Failed, CloseReceived, Failed, Nothing),
            (Failed, Violation, Failed, Nothing),
            (Failed, WriteFailed, Failed, DropOutput),
            (Failed, PeerTimeout, Failed, Nothing),
            (Failed, CloseDeadline, Ended, DropOutput),
            (Failed, EndOfStream, Ended, Nothing),
            (Failed, TransportFailed, Ended, DropOutput),
            (Ended, CloseCalled, Ended, Nothing),
            (Ended, CloseReceived, Ended, Nothing),
            (Ended, Violation, Ended, Nothing),
            (Ended, WriteFailed, Ended, DropOutput),
            (Ended, PeerTimeout, Ended, Nothing),
            (Ended, CloseDeadline, Ended, DropOutput),
            (Ended, EndOfStream, Ended, Nothing),
            (Ended, TransportFailed, Ended, DropOutput),
        ];
        for (phase, trigger, then, action) in table {
            assert_eq!(transition(phase, trigger), (then, action), "{phase:?}, {trigger:?}");
        }
    }

    /// What each phase means for the rest of the connection.
    #[test]
    fn every_phase() {
        let table = [
            (Open, true, false),
            (CloseSent, true, false),
            (Exchanged, false, true),
            (Failed, false, true),
            (Ended, false, true),
        ];
        for (phase, receives, is_settled) in table {
            assert_eq!((phase.receives(), phase.is_settled()), (receives, is_settled), "{phase:?}");
        }
    }
}
