//! The closing of a connection as one table (RFC 6455 §7). It is the same for both roles.
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
//! A Close frame is sent at most once: only the way out of `Open` sends one (§5.5.1). After `Exchanged` and `Failed`
//! nothing that arrives is looked at (§1.4, §7.1.7). `Ended` keeps its output, so that what was queued when the peer shut
//! its half of the stream can still be written; the close deadline bounds that, too. When writing fails, nothing can be sent
//! any more, not even a Close frame, but the peer may have said why: what it sent is received until its stream ends, or until
//! the close deadline.

/// The phase of the closing handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Messages flow both ways: OPEN.
    Open,
    /// Our Close frame is sent, or queued, or can no longer be written; the peer's is awaited, and its messages are still
    /// received.
    CloseSent,
    /// Both Close frames are exchanged; the end of the stream is awaited.
    Exchanged,
    /// The peer broke a rule, and a Close frame was sent; the end of the stream is awaited.
    Failed,
    /// Nothing more will be received.
    Ended,
}

/// The cause of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The caller closes.
    CloseCalled,
    /// The peer's Close frame arrived.
    CloseReceived,
    /// The peer broke a rule.
    Violation,
    /// A deadline for the peer has expired.
    PeerTimeout,
    /// Writing to the transport failed.
    WriteFailed,
    /// The close deadline has expired.
    CloseDeadline,
    /// The peer's half of the stream ended.
    EndOfStream,
    /// The transport reported an error.
    TransportFailed,
}

/// What a transition requires to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Nothing,
    /// Queue our Close frame.
    SendClose,
    /// Discard what is queued: it cannot be written any more.
    DropOutput,
}

/// The next phase, and what to do: the table above.
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
    /// Whether input is still received, and not discarded.
    pub(crate) const fn receives(self) -> bool {
        matches!(self, Self::Open | Self::CloseSent)
    }

    /// Whether how the connection ended is certain: no later trigger changes it.
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
