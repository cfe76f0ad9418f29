//! The rules for a server's opening handshake (RFC 6455 §4.1): "the client MUST validate the server's response".

use super::Response;
#[cfg(feature = "deflate")]
use crate::deflate::{self, Agreement, AnswerError, Options};
use crate::{
    Config, Connection, Role,
    handshake::{
        error::HandshakeError,
        extensions::{self, Extension},
        http1::field_name::FieldName,
        http1::fields::{Fields, invalid},
        http1::{grammar, shown},
        key::Accept,
    },
};
use alloc::{string::String, sync::Arc, vec::Vec};

/// The parts of the request that the response must match.
#[derive(Debug)]
pub(super) struct Expected {
    /// The value of `Sec-WebSocket-Accept`. `None` over HTTP/2 and HTTP/3, which do not use the field.
    pub(super) accept: Option<Accept>,
    /// The subprotocols that were offered.
    pub(super) protocols: Vec<String>,
}

impl Expected {
    /// Opens the connection, if the response keeps all rules.
    pub(super) fn open(&self, config: Arc<Config>, response: &Response) -> Result<Connection, HandshakeError> {
        match &self.accept {
            Some(accept) => check_switch(response, accept)?,
            None => check_tunnel(response)?,
        }
        self.check_protocol(&response.fields)?;
        #[cfg(feature = "deflate")]
        if let Some(options) = &config.deflate {
            let agreement = check_deflate(&response.fields, options)?;
            let connection = Connection::opened(Role::Client, config, Vec::new()).with_deflate(agreement);
            return Ok(connection.with_protocol(response.protocol()));
        }
        check_no_extension(&response.fields)?;
        Ok(Connection::opened(Role::Client, config, Vec::new()).with_protocol(response.protocol()))
    }

    /// "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a
    /// subprotocol that was not present in the client's handshake \[...\] the client MUST _Fail the WebSocket
    /// Connection_". The server may choose none. Subprotocols are case-sensitive (RFC 7936 §2).
    fn check_protocol(&self, fields: &Fields) -> Result<(), HandshakeError> {
        let Some(value) = fields.at_most_one(FieldName::Protocol)? else { return Ok(()) };
        // A request of the caller can offer subprotocols that are not tokens, and a server can choose one of them.
        if self.protocols.iter().any(|offered| offered.as_bytes() == value) {
            return Ok(());
        }
        Err(match grammar::as_token(value) {
            None => invalid(FieldName::Protocol, value),
            Some(_) => HandshakeError::ProtocolNotOffered(grammar::excerpt(value)),
        })
    }
}

/// Checks a response of HTTP/1.1, which must be the switch to WebSocket.
fn check_switch(response: &Response, accept: &Accept) -> Result<(), HandshakeError> {
    let fields = &response.fields;
    if response.status() != 101 {
        return Err(HandshakeError::Status(response.status()));
    }
    // HTTP/1.0 has no upgrade and no 101 (RFC 9110 §7.8, §15.2). The status comes first, since an old proxy may refuse in
    // HTTP/1.0.
    if !response.is_http_1_1() {
        return Err(HandshakeError::HttpVersion(shown::first_line(fields.first_line())));
    }
    check_upgrade(fields)?;
    check_connection(fields)?;
    check_accept(fields, accept)
}

/// "Any 2xx (Successful) response indicates that the sender \[...\] will switch to tunnel mode" (RFC 9110 §9.3.6), which over
/// HTTP/2 opens the connection (RFC 8441 §5).
fn check_tunnel(response: &Response) -> Result<(), HandshakeError> {
    if matches!(response.status(), 200..=299) { Ok(()) } else { Err(HandshakeError::Status(response.status())) }
}

/// "If the response lacks a |Sec-WebSocket-Accept| header field or the |Sec-WebSocket-Accept| contains a value other
/// than the base64-encoded SHA-1 of the concatenation \[...\] the client MUST _Fail the WebSocket Connection_".
fn check_accept(fields: &Fields, accept: &Accept) -> Result<(), HandshakeError> {
    let value = fields.exactly_one(FieldName::Accept)?;
    if value == accept {
        return Ok(());
    }
    Err(HandshakeError::WrongAccept { received: grammar::excerpt(value), expected: grammar::excerpt(accept) })
}

/// "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an ASCII
/// case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_". So a list with other
/// protocols does not match. The same value again, as from a proxy that adds the field a second time, has no other meaning.
fn check_upgrade(fields: &Fields) -> Result<(), HandshakeError> {
    let is_websocket = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
    if !fields.has(FieldName::Upgrade) {
        return Err(HandshakeError::Missing("Upgrade"));
    }
    match fields.values(FieldName::Upgrade).find(|line| !grammar::elements(line).all(is_websocket)) {
        Some(line) => Err(invalid(FieldName::Upgrade, line)),
        None => Ok(()),
    }
}

/// "If the response lacks a |Connection| header field or the |Connection| header field doesn't contain a token that is
/// an ASCII case-insensitive match for the value "Upgrade", the client MUST _Fail the WebSocket Connection_".
fn check_connection(fields: &Fields) -> Result<(), HandshakeError> {
    let value = fields.value(FieldName::Connection).ok_or(HandshakeError::Missing("Connection"))?;
    let found = fields.check_list(FieldName::Connection, grammar::is_token, b"upgrade")?;
    if found { Ok(()) } else { Err(invalid(FieldName::Connection, value)) }
}

/// "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of an
/// extension that was not present in the client's handshake \[...\] the client MUST _Fail the WebSocket Connection_".
/// Here no extension was offered.
fn check_no_extension(fields: &Fields) -> Result<(), HandshakeError> {
    extensions::check(fields)?.map_or(Ok(()), |extension| Err(not_offered(extension)))
}

/// The same rule, where permessage-deflate was offered and no other extension. Returns `None` if the server declined it.
#[cfg(feature = "deflate")]
fn check_deflate(fields: &Fields, options: &Options) -> Result<Option<Agreement>, HandshakeError> {
    extensions::check(fields)?;
    let mut agreement = None;
    for extension in extensions::all(fields) {
        if extension.name() != deflate::NAME {
            return Err(not_offered(extension));
        }
        if agreement.is_some() {
            return Err(HandshakeError::Deflate(AnswerError::Repeated));
        }
        agreement = Some(deflate::check(extension.params(), options).map_err(HandshakeError::Deflate)?);
    }
    Ok(agreement)
}

fn not_offered(extension: Extension<'_>) -> HandshakeError {
    HandshakeError::ExtensionNotOffered(grammar::excerpt(extension.name().as_bytes()))
}
