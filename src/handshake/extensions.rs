//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1):
//!
//! ```text
//! extension-list  = 1#extension
//! extension       = extension-token *( ";" extension-param )
//! extension-param = token [ "=" (token | quoted-string) ]
//! ```
//!
//! A list is parsed in place, each time it is needed. Each byte is examined a bounded number of times, so the time for a hostile
//! list is linear.

use super::{
    error::HandshakeError,
    http1::{
        field_name::FieldName,
        fields::{Fields, invalid},
        grammar,
    },
};
use crate::bug::OrBug;
use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

/// An extension that a client offers, with its parameters: an element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1).
///
/// [`server::Request::extensions`](crate::server::Request::extensions) returns them. Use it to log or to inspect the offers:
/// permessage-deflate is negotiated without it, by [`Config::deflate`](crate::Config#structfield.deflate).
///
/// ```
/// use bowline::server::Request;
///
/// fn offers_compression(request: &Request) -> bool {
///     request.extensions().any(|extension| extension.name() == "permessage-deflate")
/// }
/// # use bowline::{Config, Input, server::{Handshake, Progress}};
/// # let mut bytes = *b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
/// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
/// #     Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
/// # let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
/// # let Progress::Request(request) = progress else { panic!() };
/// # assert!(offers_compression(&request));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// It is a token.
    name: &'a [u8],
    /// The bytes from the first `;` on. They were checked against the grammar.
    params: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Returns the registered name of the extension, such as `permessage-deflate`, with upper and lower case as received.
    #[must_use]
    pub fn name(&self) -> &'a str {
        grammar::checked_str(self.name)
    }

    /// Returns the parameters in order, each with its name and its value if it has one. A quoted value is returned without its
    /// quotes.
    ///
    /// ```
    /// # use bowline::server::Request;
    /// # fn f(request: &Request) {
    /// // Of `Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=10`
    /// let offer = request.extensions().next().unwrap();
    /// let params: Vec<_> = offer.params().map(|(name, value)| (name, value.map(String::from))).collect();
    /// assert_eq!(params, [("client_max_window_bits", None), ("server_max_window_bits", Some("10".into()))]);
    /// # }
    /// # use bowline::{Config, Input, server::{Handshake, Progress}};
    /// # let mut bytes = *b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    /// #     Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=10\r\n\r\n";
    /// # let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
    /// # let Progress::Request(request) = progress else { panic!() };
    /// # f(&request);
    /// ```
    pub fn params(&self) -> impl Iterator<Item = (&'a str, Option<Cow<'a, str>>)> + use<'a> {
        let mut cursor = Cursor { rest: self.params };
        core::iter::from_fn(move || {
            let (name, value) = cursor.eat(b';').then(|| cursor.param().ok())??;
            let value = value.map(|value| match value {
                Cow::Borrowed(token) => Cow::Borrowed(grammar::checked_str(token)),
                Cow::Owned(token) => Cow::Owned(grammar::checked_str(&token).into()),
            });
            Some((grammar::checked_str(name), value))
        })
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extension({}{})", self.name(), self.params.escape_ascii())
    }
}

const FIELD: FieldName = FieldName::Extensions;

/// The value of the field does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Malformed;

/// Returns the extensions in one line. The first one that does not follow the grammar is an error, and ends the iteration.
fn list(line: &[u8]) -> impl Iterator<Item = Result<Extension<'_>, Malformed>> {
    let mut cursor = Cursor { rest: line };
    let mut failed = false;
    core::iter::from_fn(move || {
        let next = if failed { None } else { cursor.extension().transpose() };
        failed = matches!(next, Some(Err(Malformed)));
        next
    })
}

/// Checks all lines of the field, and returns the first extension. `None` if there is none.
///
/// An empty list is the same as no field: "all cases are mapped as if there was no cardinality specified" (RFC 9110 §5.6.1.2).
pub(super) fn check(fields: &Fields) -> Result<Option<Extension<'_>>, HandshakeError> {
    let mut first = None;
    for line in fields.values(FIELD) {
        for extension in list(line) {
            let extension = extension.map_err(|Malformed| invalid(FIELD, line))?;
            first = first.or(Some(extension));
        }
    }
    Ok(first)
}

/// Returns all extensions in order, of a field that [`check`] has accepted.
pub(super) fn all(fields: &Fields) -> impl Iterator<Item = Extension<'_>> {
    fields.values(FIELD).flat_map(list).filter_map(Result::ok)
}

/// A name and an optional value, both of them tokens.
type Param<'a> = (&'a [u8], Option<Cow<'a, [u8]>>);

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Parses the next extension. `None` at the end of the line.
    fn extension(&mut self) -> Result<Option<Extension<'a>>, Malformed> {
        self.skip_empty_elements()?;
        if self.rest.is_empty() {
            return Ok(None);
        }
        let name = self.token()?;
        self.skip_space();
        let params = self.rest;
        while self.eat(b';') {
            self.param()?;
        }
        let params = params.get(..params.len() - self.rest.len()).or_bug();
        if self.rest.is_empty() || self.eat(b',') { Ok(Some(Extension { name, params })) } else { Err(Malformed) }
    }

    fn skip_empty_elements(&mut self) -> Result<(), Malformed> {
        self.skip_space();
        for _ in 0..=grammar::MAX_EMPTY_ELEMENTS {
            if !self.eat(b',') {
                return Ok(());
            }
            self.skip_space();
        }
        Err(Malformed)
    }

    /// Parses the parameter after a `;`, and the space around it.
    fn param(&mut self) -> Result<Param<'a>, Malformed> {
        self.skip_space();
        let name = self.token()?;
        self.skip_space();
        if !self.eat(b'=') {
            return Ok((name, None));
        }
        self.skip_space();
        let value = if self.eat(b'"') { self.quoted()? } else { Cow::Borrowed(self.token()?) };
        self.skip_space();
        Ok((name, Some(value)))
    }

    /// Parses the rest of a value after its opening quote. "When using the quoted-string syntax variant, the value after
    /// quoted-string unescaping MUST conform to the 'token' ABNF."
    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, Malformed> {
        let start = self.rest;
        if let Ok(token) = self.token()
            && self.eat(b'"')
        {
            return Ok(Cow::Borrowed(token));
        }
        // It can still be a token if it contains backslashes, which must be removed. The parser goes back only here, and once for
        // each value.
        self.rest = start;
        self.unescaped().map(Cow::Owned)
    }

    fn unescaped(&mut self) -> Result<Vec<u8>, Malformed> {
        let mut value = Vec::new();
        loop {
            let byte = match self.next()? {
                b'"' if value.is_empty() => return Err(Malformed),
                b'"' => return Ok(value),
                b'\\' => self.next()?,
                byte => byte,
            };
            if !grammar::is_token_byte(byte) {
                return Err(Malformed);
            }
            value.push(byte);
        }
    }

    fn token(&mut self) -> Result<&'a [u8], Malformed> {
        let (token, rest) = grammar::split_prefix(self.rest, grammar::is_token_byte);
        self.rest = rest;
        if token.is_empty() { Err(Malformed) } else { Ok(token) }
    }

    fn skip_space(&mut self) {
        while self.eat(b' ') || self.eat(b'\t') {}
    }

    fn eat(&mut self, byte: u8) -> bool {
        let Some((&first, rest)) = self.rest.split_first() else { return false };
        if first == byte {
            self.rest = rest;
        }
        first == byte
    }

    fn next(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(first)
    }
}
