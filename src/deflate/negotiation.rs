//! Negotiation (RFC 7692 §5, §7.1): the client's offers, the server's answer, and the agreement of both.

use super::{MAX_WINDOW_BITS, Options};
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

/// The compression parameters that the opening handshake agreed on, as returned by
/// [`Connection::deflate`](crate::Connection::deflate). Use it to log them, or to find out what the peer did not agree to.
///
/// `Display` prints them in the syntax of the server's answer.
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
#[doc(alias("permessage-deflate"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    server_context_takeover: bool,
    client_context_takeover: bool,
    /// `None` if the server's answer did not contain the parameter.
    server_window_bits: Option<u8>,
    client_window_bits: Option<u8>,
}

impl Agreement {
    /// Returns the agreement of an endpoint with this role whose peer accepts all of its options.
    pub(crate) fn of(options: &Options, role: Role) -> Self {
        let smaller = |bits: u8| Some(bits).filter(|bits| *bits < MAX_WINDOW_BITS);
        let own = (options.context_takeover, smaller(options.own_window_bits()));
        let peer = (options.peer_context_takeover, smaller(options.peer_window_bits()));
        let (server, client) = match role {
            Role::Server => (own, peer),
            Role::Client => (peer, own),
        };
        Self {
            server_context_takeover: server.0,
            client_context_takeover: client.0,
            server_window_bits: server.1,
            client_window_bits: client.1,
        }
    }

    /// Returns whether messages from the endpoint with this role may refer to its earlier ones (context takeover). It is `false`
    /// if `server_no_context_takeover` or `client_no_context_takeover` was agreed for that endpoint (RFC 7692 §7.1.1).
    #[doc(alias(
        "no context takeover",
        "no_context_takeover",
        "server_no_context_takeover",
        "client_no_context_takeover"
    ))]
    #[must_use]
    pub const fn context_takeover(&self, role: Role) -> bool {
        match role {
            Role::Server => self.server_context_takeover,
            Role::Client => self.client_context_takeover,
        }
    }

    /// Returns the largest window that the endpoint with this role may compress with, in bits, from 8 to 15: the parameter
    /// `server_max_window_bits` or `client_max_window_bits` (RFC 7692 §7.1.2). It is 15 if the parameter was not agreed.
    ///
    /// With a window of 8 bits for its own messages, this endpoint sends all of them uncompressed: see
    /// [Choices](crate::deflate#choices-that-the-rfcs-leave-open).
    #[doc(alias("max_window_bits", "server_max_window_bits", "client_max_window_bits"))]
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

/// Why a server's answer to the offer of permessage-deflate is not valid (RFC 7692 §7). It is the reason in
/// [`HandshakeError::Deflate`](crate::HandshakeError::Deflate), and there is no connection.
///
/// A server that declines compression causes no error: the connection is then not compressed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum AnswerError {
    /// The answer lists the extension more than once.
    #[error("permessage-deflate is listed more than once: expected it only once")]
    Repeated,
    /// A parameter is not one of the four that RFC 7692 §7.1 defines.
    #[error("it has an unknown parameter: expected only those of RFC 7692 §7.1")]
    UnknownParameter,
    /// The answer has the same parameter twice. Holds its name.
    #[error("the parameter {0} is repeated: expected it only once")]
    RepeatedParameter(&'static str),
    /// A parameter has an invalid value, has a value although it must have none, or has none although it needs one. Holds its
    /// name.
    #[error("the value of the parameter {0} is not valid: expected {expected}", expected = expected(.0))]
    InvalidValue(&'static str),
    /// A parameter that every offer required is missing. Holds its name. To connect also without it, set
    /// [`Options::fallback`].
    #[error("the parameter {0} is missing, but every offer required it: to connect without it, set `fallback`")]
    Missing(&'static str),
    /// The server's window is larger than [`Options::peer_window_bits`](Options#structfield.peer_window_bits), which every offer
    /// required. To connect also with a larger window, set [`Options::fallback`].
    #[error("the server's window is larger than every offer allowed: to connect with it, set `fallback`")]
    WindowTooLarge,
}

/// What the value of a parameter must be.
fn expected(name: &str) -> &'static str {
    match name {
        SERVER_MAX_WINDOW_BITS | CLIENT_MAX_WINDOW_BITS => "a number from 8 to 15, without leading zeros",
        _ => "none",
    }
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
    /// "Without a value" (§7.1.2.2), only in an offer: the client accepts any limit.
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

/// Writes the parameters as an element of `Sec-WebSocket-Extensions`.
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

/// Reads a parameter of which RFC 7692 §7.1.1 says: "This parameter has no value".
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

/// Parses the value of a window: "a decimal integer value without leading zeroes between 8 to 15 inclusive" (§7.1.2).
fn window_bits(name: &'static str, value: &str) -> Result<u8, AnswerError> {
    match value {
        "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15" => value.parse().ok(),
        _ => None,
    }
    .ok_or(AnswerError::InvalidValue(name))
}

/// A parameter of an extension as in `Sec-WebSocket-Extensions`: its name, and its value if it has one.
type Param<'a> = (&'a str, Option<Cow<'a, str>>);

/// The server's side: returns the agreement for an offer with these parameters. `None` declines the offer, which is
/// invalid (§7). The next one is then considered (§5).
pub(crate) fn accept<'a>(offer: impl Iterator<Item = Param<'a>>, options: &Options) -> Option<Agreement> {
    Some(answer(Params::parse(offer).ok()?, options))
}

fn answer(offer: Params, options: &Options) -> Agreement {
    // A window of 8 bits is agreed to, although nothing is then sent compressed: the client's messages still are.
    let own = options.own_window_bits().min(offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS));
    // "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter, the
    // corresponding extension negotiation response to the offer MUST NOT include" it (§7.1.2.2).
    let peer = offer.client_max_window_bits.map(|window| match window {
        ClientWindow::Any => options.peer_window_bits(),
        ClientWindow::Bits(bits) => bits.min(options.peer_window_bits()),
    });
    // 15 bits are the default, so the parameter is left out. If the client asked for a limit, the answer must state one
    // (§7.1.2.1).
    let needs_mention = |bits: &u8| *bits < MAX_WINDOW_BITS;
    Agreement {
        server_context_takeover: options.context_takeover && !offer.server_no_context_takeover,
        client_context_takeover: options.peer_context_takeover && !offer.client_no_context_takeover,
        server_window_bits: Some(own).filter(|bits| offer.server_max_window_bits.is_some() || needs_mention(bits)),
        client_window_bits: peer.filter(needs_mention),
    }
}

/// Returns the client's offers, in order of preference (§5).
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

/// The client's side: returns the agreement for a server's answer with these parameters. The answer must correspond to an offer
/// (§5).
pub(crate) fn check<'a>(answer: impl Iterator<Item = Param<'a>>, options: &Options) -> Result<Agreement, AnswerError> {
    let answer = Params::parse(answer)?;
    // With the fallback, one offer requires nothing of the server, so every answer corresponds to an offer.
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
