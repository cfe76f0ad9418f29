//! What RFC 6455 makes of a stream of frames, written for reading and not for speed; and, where a quirk is named, what a
//! library makes of it instead.

use crate::{quirks::Quirk, streams::Stream};
use std::{fmt, str};

/// What an endpoint has received when the bytes are over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) messages: Vec<Message>,
    pub(crate) end: End,
}

#[derive(PartialEq, Eq)]
pub(crate) enum Message {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// More could come.
    #[default]
    Open,
    /// A Close frame: its code and its reason, if it has a body.
    Closed(Option<(u16, Vec<u8>)>),
    /// A rule was broken.
    Failed(Reason),
}

/// Why the connection failed, as far as all libraries tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Protocol,
    Text,
    Size,
}

/// A frame's header, all of it or what there is of it.
struct Header {
    fin: bool,
    reserved: bool,
    opcode: u8,
    /// What the second byte says, once it is there.
    second: Option<Second>,
    /// The bytes of the length, the key too, have all come.
    is_whole: bool,
    size: usize,
}

struct Second {
    masked: bool,
    /// In how many further bytes the length is: 0, 2 or 8.
    width: usize,
    /// All bytes of the length have come.
    length_is_whole: bool,
    /// What the length can still be.
    least: u64,
    most: u64,
}

pub(crate) struct Receiver<'s> {
    stream: &'s Stream,
    quirks: &'s [Quirk],
    /// The message that is unfinished: whether it is text, and what has come of it.
    message: Option<(bool, Vec<u8>)>,
    /// The cut character of a text that was accepted all the same: see `CharacterCutByEmptyFragment`.
    cut_character: Vec<u8>,
}

impl<'s> Receiver<'s> {
    pub(crate) fn new(stream: &'s Stream, quirks: &'s [Quirk]) -> Self {
        Self { stream, quirks, message: None, cut_character: Vec::new() }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    pub(crate) fn receive(mut self, bytes: &[u8]) -> Outcome {
        let (mut outcome, mut rest) = (Outcome::default(), bytes);
        while !rest.is_empty() {
            for known in 1..=rest.len().min(14) {
                if let Err(reason) = self.judge_header(&Header::read(&rest[..known])) {
                    return outcome.failed(reason);
                }
            }
            let header = Header::read(rest);
            let (true, Some(second)) = (header.is_whole, &header.second) else { return outcome };
            let (head, after) = rest.split_at(header.size);
            let len = usize::try_from(second.least).unwrap_or(usize::MAX);
            let payload = &after[..len.min(after.len())];
            let key = if second.masked { head.last_chunk::<4>().copied() } else { None };
            let payload = unmasked(payload, key.unwrap_or_default());
            let frame_is_whole = payload.len() == len;
            if let Err(reason) = self.judge_payload(&header, &payload, frame_is_whole) {
                return outcome.failed(reason);
            }
            if !frame_is_whole {
                return outcome;
            }
            rest = &after[len..];
            match header.opcode {
                8 => return outcome.closed(self.close_body(&payload)),
                9 => outcome.push(Message::Ping(payload)),
                10 => outcome.push(Message::Pong(payload)),
                opcode => outcome.messages.extend(self.fragment(opcode, &payload, header.fin)),
            }
        }
        outcome
    }

    /// The rules that a header can break, each when the byte is there that shows it.
    fn judge_header(&self, header: &Header) -> Result<(), Reason> {
        if self.has(Quirk::FrameWhenWhole) {
            let Some(second) = header.second.as_ref().filter(|_| header.is_whole) else { return Ok(()) };
            protocol(is_defined(header.opcode))?;
            return self.judge_size(header, second);
        }
        if header.second.is_some() || !self.has(Quirk::FirstByteWithSecond) {
            // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values" (§5.2)
            protocol(!header.reserved)?;
            // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_" (§5.2)
            protocol(is_defined(header.opcode))?;
            // "All control frames [...] MUST NOT be fragmented." (§5.5)
            protocol(header.fin || !header.is_control())?;
            if !self.has(Quirk::SequenceWhenFrameWhole) {
                self.judge_sequence(header)?;
            }
        }
        let Some(second) = &header.second else { return Ok(()) };
        self.judge_mask(second)?;
        // "All control frames MUST have a payload length of 125 bytes or less" (§5.5)
        if header.is_control() && !self.has(Quirk::ControlLengthWhenWhole) {
            protocol(second.width == 0)?;
        }
        if header.opcode == 8 && !self.has(Quirk::HalfCodeWhenFrameWhole) {
            protocol(second.least != 1)?;
        }
        if second.length_is_whole || !self.has(Quirk::LengthWhenWhole) {
            self.judge_size(header, second)?;
        }
        Ok(())
    }

    /// "an endpoint MUST NOT send a fragment of one message between the fragments of another" (§5.4), nor one of none.
    fn judge_sequence(&self, header: &Header) -> Result<(), Reason> {
        match header.opcode {
            0 => protocol(self.message.is_some()),
            1 | 2 => protocol(self.message.is_none()),
            _ => Ok(()),
        }
    }

    /// A client masks, a server does not (§5.1).
    fn judge_mask(&self, second: &Second) -> Result<(), Reason> {
        protocol(second.masked == self.stream.to_server)
    }

    fn judge_size(&self, header: &Header, second: &Second) -> Result<(), Reason> {
        let limit = self.stream.limit as u64;
        // "the most significant bit MUST be 0" (§5.2)
        if !self.has(Quirk::TopBitIsSize) {
            protocol(second.least >> 63 == 0)?;
        }
        // "in all cases, the minimal number of bytes MUST be used to encode the length" (§5.2)
        if !self.has(Quirk::LengthNotMinimal) {
            protocol(second.width != 2 || second.most > 125)?;
            protocol(second.width != 8 || second.most > 0xFFFF)?;
        }
        if self.has(Quirk::ControlLengthWhenWhole) && header.is_control() && second.length_is_whole {
            protocol(second.width == 0)?;
        }
        let before = if self.has(Quirk::MessageSizeWhenFrameWhole) { 0 } else { self.message_len(header) };
        size(second.least <= limit.saturating_sub(before))
    }

    fn message_len(&self, header: &Header) -> u64 {
        let message = self.message.as_ref().filter(|_| !header.is_control());
        message.map_or(0, |(_, data)| data.len() as u64)
    }

    /// The rules that a payload can break, as far as it has come.
    fn judge_payload(&self, header: &Header, payload: &[u8], frame_is_whole: bool) -> Result<(), Reason> {
        if self.has(Quirk::FrameWhenWhole) {
            if !frame_is_whole {
                return Ok(());
            }
            let Some(second) = &header.second else { return Ok(()) };
            protocol(!header.reserved)?;
            self.judge_mask(second)?;
            protocol(!header.is_control() || header.fin && payload.len() <= 125)?;
            self.judge_sequence(header)?;
        }
        if frame_is_whole {
            self.judge_sequence(header)?;
        }
        let message_size = || {
            let is_late = self.has(Quirk::MessageSizeWhenFrameWhole) && frame_is_whole && !header.is_control();
            size(!is_late || self.message_len(header) + payload.len() as u64 <= self.stream.limit as u64)
        };
        if !self.has(Quirk::TextBeforeMessageSize) {
            message_size()?;
        }
        match (header.opcode, &self.message) {
            (8, _) if frame_is_whole || !self.has(Quirk::CloseWhenFrameWhole) => {
                self.judge_close(payload, frame_is_whole)
            }
            (1, None) => self.judge_text(&[], payload, header.fin && frame_is_whole),
            (0, Some((true, before))) => self.judge_text(before, payload, header.fin && frame_is_whole),
            _ => Ok(()),
        }?;
        message_size()
    }

    /// "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
    /// UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_." (§8.1)
    fn judge_text(&self, before: &[u8], payload: &[u8], is_all: bool) -> Result<(), Reason> {
        if payload.is_empty() && self.has(Quirk::CharacterCutByEmptyFragment) {
            return Ok(());
        }
        valid(&[&self.cut_character, before, payload].concat(), is_all)
    }

    /// "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer" (§5.5.1), of those that may
    /// be sent (§7.4); then text.
    fn judge_close(&self, body: &[u8], is_all: bool) -> Result<(), Reason> {
        let Some((code, reason)) = body.split_first_chunk() else { return protocol(body.is_empty() || !is_all) };
        protocol(self.has(Quirk::BadCodeIs1002) || self.is_code(u16::from_be_bytes(*code)))?;
        valid(reason, is_all)
    }

    fn is_code(&self, code: u16) -> bool {
        match code {
            1014 => !self.has(Quirk::Code1014IsBad),
            1000..=1003 | 1007..=1013 | 3000..=4999 => true,
            _ => false,
        }
    }

    fn close_body(&self, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let (code, reason) = body.split_first_chunk()?;
        let code = u16::from_be_bytes(*code);
        Some(if self.is_code(code) { (code, reason.to_vec()) } else { (1002, b"Protocol violation".to_vec()) })
    }

    /// Adds a fragment to its message; returns that if it is the last.
    fn fragment(&mut self, opcode: u8, payload: &[u8], fin: bool) -> Option<Message> {
        let (is_text, mut data) = self.message.take().unwrap_or((opcode == 1, Vec::new()));
        data.extend_from_slice(payload);
        if !fin {
            self.message = Some((is_text, data));
            return None;
        }
        if !is_text {
            return Some(Message::Binary(data));
        }
        let all = [&self.cut_character[..], &data].concat();
        let end = str::from_utf8(&all).map_or_else(|error| error.valid_up_to(), |text| text.len());
        self.cut_character = all[end..].to_vec();
        Some(Message::Text(data))
    }
}

impl Header {
    fn read(bytes: &[u8]) -> Self {
        let first = bytes[0];
        let second = bytes.get(1).map(|&second| {
            let (width, low) = match second & 0x7F {
                126 => (2, 0),
                127 => (8, 0),
                len => (0, u64::from(len)),
            };
            let come = &bytes[2..bytes.len().min(2 + width)];
            let fill = |with: u8| (0..width).fold(low, |sum, i| sum << 8 | u64::from(*come.get(i).unwrap_or(&with)));
            let length_is_whole = come.len() == width;
            Second { masked: second & 0x80 != 0, width, length_is_whole, least: fill(0), most: fill(0xFF) }
        });
        let size = second.as_ref().map_or(2, |second| 2 + second.width + if second.masked { 4 } else { 0 });
        Self {
            fin: first & 0x80 != 0,
            reserved: first & 0x70 != 0,
            opcode: first & 0x0F,
            second,
            is_whole: bytes.len() >= size,
            size,
        }
    }

    fn is_control(&self) -> bool {
        self.opcode >= 8
    }
}

fn is_defined(opcode: u8) -> bool {
    matches!(opcode, 0..=2 | 8..=10)
}

fn protocol(is_kept: bool) -> Result<(), Reason> {
    if is_kept { Ok(()) } else { Err(Reason::Protocol) }
}

fn size(is_kept: bool) -> Result<(), Reason> {
    if is_kept { Ok(()) } else { Err(Reason::Size) }
}

fn valid(text: &[u8], is_all: bool) -> Result<(), Reason> {
    match str::from_utf8(text) {
        Err(error) if is_all || error.error_len().is_some() => Err(Reason::Text),
        _ => Ok(()),
    }
}

fn unmasked(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

impl Outcome {
    pub(crate) fn push(&mut self, message: Message) {
        self.messages.push(message);
    }

    pub(crate) fn closed(self, body: Option<(u16, Vec<u8>)>) -> Self {
        Self { end: End::Closed(body), ..self }
    }

    pub(crate) fn failed(self, reason: Reason) -> Self {
        Self { end: End::Failed(reason), ..self }
    }
}

impl End {
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Open => "open".into(),
            Self::Closed(_) => "closed".into(),
            Self::Failed(reason) => format!("failed: {reason:?}"),
        }
    }
}

/// Long ones in short.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, data) = match self {
            Self::Text(data) => ("Text", data),
            Self::Binary(data) => ("Binary", data),
            Self::Ping(data) => ("Ping", data),
            Self::Pong(data) => ("Pong", data),
        };
        write!(f, "{kind}({} bytes, {}...)", data.len(), data[..data.len().min(12)].escape_ascii())
    }
}
