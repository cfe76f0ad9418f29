//! Negotiation (RFC 7692 §5, §7.1): what a client offers, what a server answers, and what the two agree on.

use super::{MAX_WINDOW_BITS, MIN_WINDOW_BITS, Options};
use crate::Role;
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
};
use core::fmt;
use thiserror::Error;

/// "The registered extension token for this extension is "permessage-deflate"" (§7).
pub(crate) const NAME: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// What was agreed about compression: see [`Connection::deflate`](crate::Connection::deflate).
///
/// It prints as it stands in the server's answer.
///
/// ```
/// use bowline::{Config, Role, deflate::Options, server::{Accept, Handshake, Progress}};
///
/// let mut config = Config::default();
/// config.deflate = Some(Options::default());
/// let mut bytes = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
///     Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n".to_vec();
/// let Progress::Request(request) = Handshake::new(config).receive(&mut (&mut bytes[..]).into()) else { panic!() };
/// let agreement = request.accept(&Accept::same_origin()).unwrap().deflate().unwrap();
/// assert!(agreement.context_takeover(Role::Server) && !agreement.context_takeover(Role::Client));
/// assert_eq!(agreement.to_string(), "permessage-deflate; client_no_context_takeover");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    server_context_takeover: bool,
    client_context_takeover: bool,
    /// As far as it was mentioned.
    server_window_bits: Option<u8>,
    client_window_bits: Option<u8>,
}

impl Agreement {
    /// Whether messages of this endpoint may refer to its earlier ones: the opposite of `server_no_context_takeover` and
    /// `client_no_context_takeover` (§7.1.1).
    #[must_use]
    pub const fn context_takeover(&self, role: Role) -> bool {
        match role {
            Role::Server => self.server_context_takeover,
            Role::Client => self.client_context_takeover,
        }
    }

    /// The window that this endpoint may compress with, in bits, from 8 to 15: `server_max_window_bits` and
    /// `client_max_window_bits` (§7.1.2). 15 if nothing was said.
    #[must_use]
    pub const fn window_bits(&self, role: Role) -> u8 {
        let bits = match role {
            Role::Server => self.server_window_bits,
            Role::Client => self.client_window_bits,
        };
        match bits {
            Some(bits) => bits,
            None => MAX_WINDOW_BITS,
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = Params {
            server_no_context_takeover: !self.server_context_takeover,
            client_no_context_takeover: !self.client_context_takeover,
            server_max_window_bits: self.server_window_bits,
            client_max_window_bits: self.client_window_bits.map(ClientWindow::Bits),
        };
        params.fmt(f)
    }
}

/// What is wrong with a server's answer to the offer of permessage-deflate (RFC 7692 §7).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum AnswerError {
    /// The extension is in the answer more than once.
    #[error("it is there more than once")]
    Repeated,
    /// A parameter that this extension does not have.
    #[error("it has a parameter that is not defined for it")]
    UnknownParameter,
    /// A parameter is there more than once.
    #[error("the parameter {0} is there more than once")]
    RepeatedParameter(&'static str),
    /// A parameter has a value that it must not have, or lacks one.
    #[error("the parameter {0} has an invalid value, or none: windows have 8 to 15 bits, without leading zeros")]
    InvalidValue(&'static str),
    /// A parameter without which nothing was offered is missing.
    #[error("the parameter {0} is missing, which was part of every offer")]
    Missing(&'static str),
    /// The window of the server is larger than in any offer.
    #[error("the server's window is larger than in any offer")]
    WindowTooLarge,
    /// The server asks for a window of 8 bits, with which messages cannot be compressed here.
    #[error("it asks for messages compressed with a window of 8 bits, which is not supported: 9 is the least")]
    WindowTooSmall,
}

/// The parameters of an offer or of an answer.
#[derive(Clone, Copy, Debug, Default)]
struct Params {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<ClientWindow>,
}

#[derive(Clone, Copy, Debug)]
enum ClientWindow {
    /// "Without a value" (§7.1.2.2), in an offer: the client can do with any.
    Any,
    Bits(u8),
}

impl Params {
    fn parse<'a>(params: impl Iterator<Item = Param<'a>>) -> Result<Self, AnswerError> {
        let mut parsed = Self::default();
        for (name, value) in params {
            let value = value.as_deref();
            match name {
                SERVER_NO_CONTEXT_TAKEOVER => {
                    flag(&mut parsed.server_no_context_takeover, SERVER_NO_CONTEXT_TAKEOVER, value)?;
                }
                CLIENT_NO_CONTEXT_TAKEOVER => {
                    flag(&mut parsed.client_no_context_takeover, CLIENT_NO_CONTEXT_TAKEOVER, value)?;
                }
                SERVER_MAX_WINDOW_BITS => {
                    let bits = window_bits(SERVER_MAX_WINDOW_BITS, value.unwrap_or_default())?;
                    once(&mut parsed.server_max_window_bits, SERVER_MAX_WINDOW_BITS, bits)?;
                }
                CLIENT_MAX_WINDOW_BITS => {
                    let bits = match value {
                        None => ClientWindow::Any,
                        Some(value) => ClientWindow::Bits(window_bits(CLIENT_MAX_WINDOW_BITS, value)?),
                    };
                    once(&mut parsed.client_max_window_bits, CLIENT_MAX_WINDOW_BITS, bits)?;
                }
                _ => return Err(AnswerError::UnknownParameter),
            }
        }
        Ok(parsed)
    }
}

/// As an element of `Sec-WebSocket-Extensions`.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        for (name, is_set) in [
            (SERVER_NO_CONTEXT_TAKEOVER, self.server_no_context_takeover),
            (CLIENT_NO_CONTEXT_TAKEOVER, self.client_no_context_takeover),
        ] {
            if is_set {
                write!(f, "; {name}")?;
            }
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; {SERVER_MAX_WINDOW_BITS}={bits}")?;
        }
        match self.client_max_window_bits {
            None => Ok(()),
            Some(ClientWindow::Any) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}"),
            Some(ClientWindow::Bits(bits)) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}={bits}"),
        }
    }
}

/// "This parameter has no value" (§7.1.1.1, §7.1.1.2).
fn flag(place: &mut bool, name: &'static str, value: Option<&str>) -> Result<(), AnswerError> {
    match (core::mem::replace(place, true), value) {
        (_, Some(_)) => Err(AnswerError::InvalidValue(name)),
        (true, None) => Err(AnswerError::RepeatedParameter(name)),
        (false, None) => Ok(()),
    }
}

fn once<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), AnswerError> {
    place.replace(value).map_or(Ok(()), |_| Err(AnswerError::RepeatedParameter(name)))
}

/// "A decimal integer value without leading zeroes between 8 to 15 inclusive" (§7.1.2).
fn window_bits(name: &'static str, value: &str) -> Result<u8, AnswerError> {
    match value {
        "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15" => value.parse().ok(),
        _ => None,
    }
    .ok_or(AnswerError::InvalidValue(name))
}

/// The parameters of an extension, as they stand in `Sec-WebSocket-Extensions`.
type Param<'a> = (&'a str, Option<Cow<'a, str>>);

/// The server's side: what is agreed to for an offer with these parameters. `None` if it cannot be kept, or has something wrong
/// with it: then it is declined (§7), and the next one is looked at (§5).
pub(crate) fn accept<'a>(offer: impl Iterator<Item = Param<'a>>, options: &Options) -> Option<Agreement> {
    answer(Params::parse(offer).ok()?, options)
}

fn answer(offer: Params, options: &Options) -> Option<Agreement> {
    let own = options.own_window_bits().min(offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS));
    if own < MIN_WINDOW_BITS {
        return None;
    }
    // "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter, the
    // corresponding extension negotiation response to the offer MUST NOT include" it (§7.1.2.2).
    let peer = offer.client_max_window_bits.map(|window| match window {
        ClientWindow::Any => options.peer_window_bits(),
        ClientWindow::Bits(bits) => bits.min(options.peer_window_bits()),
    });
    let needs_mention = |bits: &u8| *bits < MAX_WINDOW_BITS;
    Some(Agreement {
        server_context_takeover: options.context_takeover && !offer.server_no_context_takeover,
        client_context_takeover: options.peer_context_takeover && !offer.client_no_context_takeover,
        server_window_bits: Some(own).filter(|bits| offer.server_max_window_bits.is_some() || needs_mention(bits)),
        client_window_bits: peer.filter(needs_mention),
    })
}

/// The client's offers, the one that is preferred first (§5).
pub(crate) fn offer(options: &Options) -> String {
    let own = match options.own_window_bits() {
        MAX_WINDOW_BITS => ClientWindow::Any,
        bits => ClientWindow::Bits(bits),
    };
    let without_wishes = Params {
        client_no_context_takeover: !options.context_takeover,
        client_max_window_bits: Some(own),
        ..Params::default()
    };
    if options.peer_context_takeover && !asks_for_window(options) {
        return without_wishes.to_string();
    }
    let offer = Params {
        server_no_context_takeover: !options.peer_context_takeover,
        server_max_window_bits: Some(options.peer_window_bits()).filter(|_| asks_for_window(options)),
        ..without_wishes
    };
    if options.fallback { format!("{offer}, {without_wishes}") } else { offer.to_string() }
}

fn asks_for_window(options: &Options) -> bool {
    options.peer_window_bits() < MAX_WINDOW_BITS
}

/// The client's side: what a server's answer with these parameters means. It must correspond to an offer (§5), and what it asks for must be possible.
pub(crate) fn check<'a>(answer: impl Iterator<Item = Param<'a>>, options: &Options) -> Result<Agreement, AnswerError> {
    let answer = Params::parse(answer)?;
    if !options.fallback && !options.peer_context_takeover && !answer.server_no_context_takeover {
        return Err(AnswerError::Missing(SERVER_NO_CONTEXT_TAKEOVER));
    }
    if !options.fallback && asks_for_window(options) {
        let bits = answer.server_max_window_bits.ok_or(AnswerError::Missing(SERVER_MAX_WINDOW_BITS))?;
        if bits > options.peer_window_bits() {
            return Err(AnswerError::WindowTooLarge);
        }
    }
    let client_window_bits = match answer.client_max_window_bits {
        Some(ClientWindow::Any) => return Err(AnswerError::InvalidValue(CLIENT_MAX_WINDOW_BITS)),
        Some(ClientWindow::Bits(bits)) if bits < MIN_WINDOW_BITS => return Err(AnswerError::WindowTooSmall),
        Some(ClientWindow::Bits(bits)) => Some(bits),
        None => None,
    };
    Ok(Agreement {
        server_context_takeover: !answer.server_no_context_takeover,
        client_context_takeover: !answer.client_no_context_takeover,
        server_window_bits: answer.server_max_window_bits,
        client_window_bits,
    })
}
