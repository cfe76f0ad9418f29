//! In what other libraries differ from the model.

/// A difference. The first nine are about when something is noticed, or which of two faults is told, of which the RFC says
/// nothing: most of them show only where a stream ends in the middle of a frame that cannot be good any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    FirstByteWithSecond,
    LengthWhenWhole,
    ControlLengthWhenWhole,
    SequenceWhenFrameWhole,
    HalfCodeWhenFrameWhole,
    CloseWhenFrameWhole,
    FrameWhenWhole,
    MessageSizeWhenFrameWhole,
    TextBeforeMessageSize,
    TopBitIsSize,
    LengthNotMinimal,
    BadCodeIs1002,
    Code1014IsBad,
    CharacterCutByEmptyFragment,
}

impl Quirk {
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            Self::FirstByteWithSecond => "the first byte of a frame is judged when the second is there",
            Self::LengthWhenWhole => "a length of several bytes is judged when all of them are there",
            Self::ControlLengthWhenWhole => {
                "that a control frame is too long is judged when all bytes of its length are there"
            }
            Self::SequenceWhenFrameWhole => "whether a fragment is in its place is judged when its frame is whole",
            Self::HalfCodeWhenFrameWhole => "that a Close frame has half a code is judged when the frame is whole",
            Self::CloseWhenFrameWhole => "the body of a Close frame is judged when the frame is whole",
            Self::FrameWhenWhole => {
                "of a header only opcode and size are judged at once, all else when the frame is whole"
            }
            Self::MessageSizeWhenFrameWhole => {
                "the size of a message is judged when a frame is whole, not by its header"
            }
            Self::TextBeforeMessageSize => {
                "of a fragment that is not UTF-8 and makes its message too big, the first is told"
            }
            Self::TopBitIsSize => "a length with its top bit set counts as too big, not as a broken rule (§5.2)",
            Self::LengthNotMinimal => {
                "a length may take more bytes than it needs; \"in all cases, the minimal number of bytes MUST be used\" (§5.2)"
            }
            Self::BadCodeIs1002 => {
                "a Close frame with a code that must not be sent is reported as a Close with 1002; for most codes the RFC \
                 only forbids to send them (§7.4)"
            }
            Self::Code1014IsBad => "1014 is not a code; it is registered since, as §7.4.2 provides",
            Self::CharacterCutByEmptyFragment => {
                "a text that ends inside a character is accepted if its last fragment is empty; it is not valid UTF-8 (§8.1)"
            }
        }
    }
}

pub(crate) const TUNGSTENITE: &[Quirk] = &[
    Quirk::FrameWhenWhole,
    Quirk::MessageSizeWhenFrameWhole,
    Quirk::TopBitIsSize,
    Quirk::LengthNotMinimal,
    Quirk::BadCodeIs1002,
    Quirk::Code1014IsBad,
];

pub(crate) const TOKIO_WEBSOCKETS: &[Quirk] = &[
    Quirk::FirstByteWithSecond,
    Quirk::LengthWhenWhole,
    Quirk::CloseWhenFrameWhole,
    Quirk::MessageSizeWhenFrameWhole,
    Quirk::TextBeforeMessageSize,
    Quirk::TopBitIsSize,
    Quirk::CharacterCutByEmptyFragment,
];

pub(crate) const SOCKUDO_WS: &[Quirk] = &[
    Quirk::FirstByteWithSecond,
    Quirk::LengthWhenWhole,
    Quirk::ControlLengthWhenWhole,
    Quirk::SequenceWhenFrameWhole,
    Quirk::HalfCodeWhenFrameWhole,
    Quirk::CloseWhenFrameWhole,
    Quirk::MessageSizeWhenFrameWhole,
];
