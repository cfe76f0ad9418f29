//! Opcodes and close codes.

use std::fmt;

/// The opcode of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpCode {
    /// The frame is a part of a message.
    Data(Data),
    /// The frame is a control frame.
    Control(Control),
}

/// The opcode of a part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// 0: the message continues.
    Continue,
    /// 1: a text message begins.
    Text,
    /// 2: a binary message begins.
    Binary,
    /// 3 to 7: not defined.
    Reserved(u8),
}

/// The opcode of a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// 8: a Close frame.
    Close,
    /// 9: a ping.
    Ping,
    /// 10: a pong.
    Pong,
    /// 11 to 15: not defined.
    Reserved(u8),
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Continue => f.write_str("CONTINUE"),
            Self::Text => f.write_str("TEXT"),
            Self::Binary => f.write_str("BINARY"),
            Self::Reserved(opcode) => write!(f, "RESERVED_DATA_{opcode}"),
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close => f.write_str("CLOSE"),
            Self::Ping => f.write_str("PING"),
            Self::Pong => f.write_str("PONG"),
            Self::Reserved(opcode) => write!(f, "RESERVED_CONTROL_{opcode}"),
        }
    }
}

impl fmt::Display for OpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => data.fmt(f),
            Self::Control(control) => control.fmt(f),
        }
    }
}

impl From<OpCode> for u8 {
    fn from(opcode: OpCode) -> Self {
        match opcode {
            OpCode::Data(Data::Continue) => 0,
            OpCode::Data(Data::Text) => 1,
            OpCode::Data(Data::Binary) => 2,
            OpCode::Control(Control::Close) => 8,
            OpCode::Control(Control::Ping) => 9,
            OpCode::Control(Control::Pong) => 10,
            OpCode::Data(Data::Reserved(opcode)) | OpCode::Control(Control::Reserved(opcode)) => opcode,
        }
    }
}

impl From<u8> for OpCode {
    /// Only the lower four bits count: the original panics if another one is set.
    fn from(byte: u8) -> Self {
        match byte & 0x0F {
            0 => Self::Data(Data::Continue),
            1 => Self::Data(Data::Text),
            2 => Self::Data(Data::Binary),
            8 => Self::Control(Control::Close),
            9 => Self::Control(Control::Ping),
            10 => Self::Control(Control::Pong),
            opcode @ 3..=7 => Self::Data(Data::Reserved(opcode)),
            opcode => Self::Control(Control::Reserved(opcode)),
        }
    }
}

/// The code of a Close frame: why an endpoint ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    Normal,
    /// 1001: a server shuts down, or a browser leaves the page.
    Away,
    /// 1002: the peer broke a rule of the protocol.
    Protocol,
    /// 1003: the peer sent data of a kind that is not accepted, such as a binary message to an endpoint for text.
    Unsupported,
    /// 1005: the Close frame had no code. It is never sent.
    Status,
    /// 1006: the connection ended without a Close frame. It is never sent.
    Abnormal,
    /// 1007: the peer sent data that does not fit the kind of the message, such as text that is not UTF-8.
    Invalid,
    /// 1008: the peer violated a policy, and no other code describes it.
    Policy,
    /// 1009: the peer sent a message that is too large.
    Size,
    /// 1010: the server did not agree to an extension that the client needs. Only clients send it.
    Extension,
    /// 1011: the endpoint met an unexpected condition.
    Error,
    /// 1012: the server restarts. Connect again after a random delay.
    Restart,
    /// 1013: the server is overloaded. Connect again later.
    Again,
    /// 1015: the TLS handshake failed. It is never sent.
    Tls,
    /// 1016 to 2999: reserved for the protocol.
    #[doc(hidden)]
    Reserved(u16),
    /// 3000 to 3999: registered for libraries and frameworks.
    #[doc(hidden)]
    Iana(u16),
    /// 4000 to 4999: for applications.
    #[doc(hidden)]
    Library(u16),
    /// Every other number.
    #[doc(hidden)]
    Bad(u16),
}

impl CloseCode {
    /// Returns whether the code may be sent.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        !matches!(self, Self::Bad(_) | Self::Reserved(_) | Self::Status | Self::Abnormal | Self::Tls)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", u16::from(self))
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        match code {
            CloseCode::Normal => 1000,
            CloseCode::Away => 1001,
            CloseCode::Protocol => 1002,
            CloseCode::Unsupported => 1003,
            CloseCode::Status => 1005,
            CloseCode::Abnormal => 1006,
            CloseCode::Invalid => 1007,
            CloseCode::Policy => 1008,
            CloseCode::Size => 1009,
            CloseCode::Extension => 1010,
            CloseCode::Error => 1011,
            CloseCode::Restart => 1012,
            CloseCode::Again => 1013,
            CloseCode::Tls => 1015,
            CloseCode::Reserved(code) | CloseCode::Iana(code) | CloseCode::Library(code) | CloseCode::Bad(code) => code,
        }
    }
}

impl<'t> From<&'t CloseCode> for u16 {
    fn from(code: &'t CloseCode) -> Self {
        (*code).into()
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        match code {
            1000 => Self::Normal,
            1001 => Self::Away,
            1002 => Self::Protocol,
            1003 => Self::Unsupported,
            1005 => Self::Status,
            1006 => Self::Abnormal,
            1007 => Self::Invalid,
            1008 => Self::Policy,
            1009 => Self::Size,
            1010 => Self::Extension,
            1011 => Self::Error,
            1012 => Self::Restart,
            1013 => Self::Again,
            1015 => Self::Tls,
            1016..=2999 => Self::Reserved(code),
            3000..=3999 => Self::Iana(code),
            4000..=4999 => Self::Library(code),
            _ => Self::Bad(code),
        }
    }
}

impl From<CloseCode> for bowline::CloseCode {
    fn from(code: CloseCode) -> Self {
        Self::new(code.into())
    }
}

impl From<bowline::CloseCode> for CloseCode {
    fn from(code: bowline::CloseCode) -> Self {
        code.get().into()
    }
}
