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

/// The compression parameters that the opening handshake agreed on: see [`Connection::deflate`](crate::Connection::deflate).
///
/// It is printed in the syntax of the server's answer.
///
/// ```
/// use bowline::{Config, Input, Role, deflate::Options, server::{Accept, Handshake, Progress}};
///
/// let mut config = Config::default();
/// config.deflate = Some(Options::default());
/// let mut bytes = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
///     Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n".to_vec();
/// let mut input = Input::from(&mut bytes);
/// let Progress::Request(request) = Handshake::new(config).receive(&mut input) else { panic!() };
/// let agreement = request.accept(&Accept::same_origin()).unwrap().deflate().unwrap();
/// assert!(agreement.context_takeover(Role::Server) && !agreement.context_takeover(Role::Client));
/// assert_eq!(agreement.to_string(), "permessage-deflate; client_no_context_takeover");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    server_context_takeover: bool,
    client_context_takeover: bool,
    /// `None` if the answer did not mention it.
    server_window_bits: Option<u8>,
    client_window_bits: Option<u8>,
}

impl Agreement {
    /// Whether messages from the endpoint with this role may refer to its earlier ones: `false` if `server_no_context_takeover` or
    /// `client_no_context_takeover` was agreed for it (§7.1.1).
    #[must_use]
    pub const fn context_takeover(&self, role: Role) -> bool {
        match role {
            Role::Server => self.server_context_takeover,
            Role::Client => self.client_context_takeover,
        }
    }

    /// The largest window that the endpoint with this role may compress with, in bits, from 8 to 15: `server_max_window_bits` or
    /// `client_max_window_bits` (§7.1.2). It is 15 if the parameter was not agreed.
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

/// The server's answer to an offer of permessage-deflate is not valid (RFC 7692 §7). It is the reason in a failed handshake of a
/// client.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum AnswerError {
    /// The extension is listed more than once in the answer.
    #[error("the extension is listed more than once")]
    Repeated,
    /// A parameter is not defined for this extension.
    #[error("it has a parameter that is not defined for it")]
    UnknownParameter,
    /// A parameter is repeated.
    #[error("the parameter {0} is repeated")]
    RepeatedParameter(&'static str),
    /// A parameter has an invalid value, or has no value although it needs one.
    #[error("the parameter {0} has an invalid value, or none: windows have 8 to 15 bits, without leading zeros")]
    InvalidValue(&'static str),
    /// A parameter that every offer required is missing.
    #[error("the parameter {0} is missing, but every offer required it")]
    Missing(&'static str),
    /// The server's window is larger than in any offer.
    #[error("the server's window is larger than in any offer")]
    WindowTooLarge,
    /// The server asks this client to compress with a window of 8 bits, which is not supported: the minimum is 9.
    #[error("it asks for messages compressed with a window of 8 bits, which is not supported: the minimum is 9")]
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
fn flag(slot: &mut bool, name: &'static str, value: Option<&str>) -> Result<(), AnswerError> {
    match (core::mem::replace(slot, true), value) {
        (_, Some(_)) => Err(AnswerError::InvalidValue(name)),
        (true, None) => Err(AnswerError::RepeatedParameter(name)),
        (false, None) => Ok(()),
    }
}

fn once<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), AnswerError> {
    slot.replace(value).map_or(Ok(()), |_| Err(AnswerError::RepeatedParameter(name)))
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

/// The server's side: what is agreed to for an offer with these parameters. `None` if the offer cannot be met or is invalid: then
/// it is declined (§7), and the next one is considered (§5).
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

/// The client's offers, in order of preference (§5).
pub(crate) fn offer(options: &Options) -> String {
    let own = match options.own_window_bits() {
        MAX_WINDOW_BITS => ClientWindow::Any,
        bits => ClientWindow::Bits(bits),
    };
    let plain_offer = Params {
        client_no_context_takeover: !options.context_takeover,
        client_max_window_bits: Some(own),
        ..Params::default()
    };
    if options.peer_context_takeover && !asks_for_window(options) {
        return plain_offer.to_string();
    }
    let offer = Params {
        server_no_context_takeover: !options.peer_context_takeover,
        server_max_window_bits: Some(options.peer_window_bits()).filter(|_| asks_for_window(options)),
        ..plain_offer
    };
    if options.fallback { format!("{offer}, {plain_offer}") } else { offer.to_string() }
}

fn asks_for_window(options: &Options) -> bool {
    options.peer_window_bits() < MAX_WINDOW_BITS
}

/// The client's side: what was agreed if the server answers with these parameters. The answer must correspond to an offer (§5), and
/// its requirements must be supported.
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
