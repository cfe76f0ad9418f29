//! The closing of a connection as one table (RFC 6455 §7). It is the same for both roles.
//!
//! ```text
//!                     close()        Close frame      violation       silence        close deadline  end of stream   transport
//!                                    received                                                                        failed
//!   Open              CloseSent      Exchanged        Failed          CloseSent      —               Ended           Ended
//!                     send Close     send Close       send Close      send Close                                     drop output
//!   CloseSent         —              Exchanged        Failed          —              Ended           Ended           Ended
//!                                                                                    drop output                     drop output
//!   Exchanged         —              —                —               —              Ended           Ended           Ended
//!                                                                                    drop output                     drop output
//!   Failed            —              —                —               —              Ended           Ended           Ended
//!                                                                                    drop output                     drop output
//!   Ended             —              —                —               —              —               —               —
//!                                                                    drop output                     drop output
//! ```
//!
//! A Close frame is sent at most once: only the way out of `Open` sends one (§5.5.1). After `Exchanged` and `Failed`
//! nothing that arrives is looked at (§1.4, §7.1.7). `Ended` keeps its output, so that what was queued when the peer shut
//! its half of the stream can still be written; the close deadline bounds that, too.

/// How far the closing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Messages flow both ways: OPEN.
    Open,
    /// Our Close frame is sent, or queued; the peer's is awaited, and its messages are still received.
    CloseSent,
    /// Both Close frames are exchanged; the end of the stream is awaited.
    Exchanged,
    /// The peer broke a rule and has been told; the end of the stream is awaited.
    Failed,
    /// Nothing will be received any more.
    Ended,
}

/// What can happen to a connection that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// The caller closes.
    CloseCalled,
    /// The peer's Close frame arrived.
    CloseReceived,
    /// The peer broke a rule.
    Violation,
    /// The peer was silent for too long.
    Silence,
    /// The time for closing is over.
    CloseDeadline,
    /// The peer's half of the stream ended.
    EndOfStream,
    /// The transport reported an error.
    TransportFailed,
}

/// What must be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Nothing,
    /// Queue our Close frame.
    SendClose,
    /// Forget what is queued: nobody will take it.
    DropOutput,
}

/// The table.
pub(crate) const fn next(phase: Phase, happening: Happening) -> (Phase, Action) {
    use Happening as H;
    use Phase as P;
    match (phase, happening) {
        (P::Open, H::CloseCalled | H::Silence) => (P::CloseSent, Action::SendClose),
        (P::Open, H::CloseReceived) => (P::Exchanged, Action::SendClose),
        (P::Open, H::Violation) => (P::Failed, Action::SendClose),
        (P::Open, H::CloseDeadline) => (P::Open, Action::Nothing),

        (P::CloseSent, H::CloseReceived) => (P::Exchanged, Action::Nothing),
        (P::CloseSent, H::Violation) => (P::Failed, Action::Nothing),

        (P::Open | P::CloseSent | P::Exchanged | P::Failed, H::EndOfStream) => (P::Ended, Action::Nothing),
        (P::CloseSent | P::Exchanged | P::Failed | P::Ended, H::CloseDeadline) => (P::Ended, Action::DropOutput),
        (_, H::TransportFailed) => (P::Ended, Action::DropOutput),

        (P::CloseSent, H::CloseCalled | H::Silence) => (phase, Action::Nothing),
        (P::Exchanged | P::Failed, H::CloseCalled | H::CloseReceived | H::Violation | H::Silence) => {
            (phase, Action::Nothing)
        }
        (P::Ended, _) => (P::Ended, Action::Nothing),
    }
}

impl Phase {
    /// Whether what arrives is still looked at.
    pub(crate) const fn receives(self) -> bool {
        matches!(self, Self::Open | Self::CloseSent)
    }

    /// Whether nothing that can still happen changes how the connection ended.
    pub(crate) const fn is_settled(self) -> bool {
        matches!(self, Self::Exchanged | Self::Failed | Self::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, Happening::*, Phase::*, *};

    /// [O-08, O-11, O-19, O-26, O-27, O-28, O-29, O-43, O-44] The table, cell by cell, written out once more.
    #[test]
    fn every_cell() {
        let table = [
            (Open, CloseCalled, CloseSent, SendClose),
            (Open, CloseReceived, Exchanged, SendClose),
            (Open, Violation, Failed, SendClose),
            (Open, Silence, CloseSent, SendClose),
            (Open, CloseDeadline, Open, Nothing),
            (Open, EndOfStream, Ended, Nothing),
            (Open, TransportFailed, Ended, DropOutput),
            (CloseSent, CloseCalled, CloseSent, Nothing),
            (CloseSent, CloseReceived, Exchanged, Nothing),
            (CloseSent, Violation, Failed, Nothing),
            (CloseSent, Silence, CloseSent, Nothing),
            (CloseSent, CloseDeadline, Ended, DropOutput),
            (CloseSent, EndOfStream, Ended, Nothing),
            (CloseSent, TransportFailed, Ended, DropOutput),
            (Exchanged, CloseCalled, Exchanged, Nothing),
            (Exchanged, CloseReceived, Exchanged, Nothing),
            (Exchanged, Violation, Exchanged, Nothing),
            (Exchanged, Silence, Exchanged, Nothing),
            (Exchanged, CloseDeadline, Ended, DropOutput),
            (Exchanged, EndOfStream, Ended, Nothing),
            (Exchanged, TransportFailed, Ended, DropOutput),
            (Failed, CloseCalled, Failed, Nothing),
            (Failed, CloseReceived, Failed, Nothing),
            (Failed, Violation, Failed, Nothing),
            (Failed, Silence, Failed, Nothing),
            (Failed, CloseDeadline, Ended, DropOutput),
            (Failed, EndOfStream, Ended, Nothing),
            (Failed, TransportFailed, Ended, DropOutput),
            (Ended, CloseCalled, Ended, Nothing),
            (Ended, CloseReceived, Ended, Nothing),
            (Ended, Violation, Ended, Nothing),
            (Ended, Silence, Ended, Nothing),
            (Ended, CloseDeadline, Ended, DropOutput),
            (Ended, EndOfStream, Ended, Nothing),
            (Ended, TransportFailed, Ended, DropOutput),
        ];
        for (phase, happening, then, action) in table {
            assert_eq!(next(phase, happening), (then, action), "{phase:?}, {happening:?}");
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
