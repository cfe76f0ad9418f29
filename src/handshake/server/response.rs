//! The 101 response, and the connection behind it (RFC 6455 §4.2.2).

use super::{Accept, Refusal, Request};
use crate::{
    Connection, Role,
    handshake::key::{self, Key},
};
use alloc::vec::Vec;

impl Request {
    /// Opens the connection. The answer, status 101, is the first thing in its output, and messages may be sent
    /// behind it at once (§4.2.2).
    ///
    /// # Errors
    ///
    /// A [`Refusal`], to be written before the transport is closed: if the client's origin is not one that `accept`
    /// allows (status 403), or if the client does not offer the subprotocol that `accept` requires (status 400).
    pub fn accept(self, accept: &Accept) -> Result<Connection, Refusal> {
        match accept.choose(&self) {
            Ok(protocol) => Ok(self.open(protocol, |key, extensions| {
                debug_assert!(key.is_some(), "a request over HTTP/2 or HTTP/3 is accepted by its Upgrade");
                switching_protocols(accept, key, protocol, extensions)
            })),
            Err(error) => Err(Refusal::of(error, self.config)),
        }
    }

    /// Opens the connection. `answer` gets the key and the extensions that are agreed on, and returns the bytes that the
    /// connection sends first.
    pub(super) fn open(
        self,
        protocol: Option<&str>,
        answer: impl FnOnce(Option<&Key>, Option<&str>) -> Vec<u8>,
    ) -> Connection {
        #[cfg(feature = "deflate")]
        let agreement = self.deflate();
        #[cfg(feature = "deflate")]
        let extensions = agreement.map(|agreement| alloc::format!("{agreement}"));
        #[cfg(not(feature = "deflate"))]
        let extensions: Option<alloc::string::String> = None;
        let first = answer(self.key.as_ref(), extensions.as_deref());
        let mut connection = Connection::opened(Role::Server, self.config, first);
        if protocol.is_some() {
            connection = connection.with_protocol(protocol);
        }
        #[cfg(feature = "deflate")]
        let connection = connection.with_deflate(agreement);
        connection
    }

    /// The agreement about compression (RFC 7692 §5).
    #[cfg(feature = "deflate")]
    fn deflate(&self) -> Option<crate::deflate::Agreement> {
        let options = self.config.deflate.as_ref()?;
        let mut offers = self.extensions().filter(|extension| extension.name() == crate::deflate::NAME);
        offers.find_map(|offer| crate::deflate::accept(offer.params(), options))
    }
}

/// The 101 (§4.2.2).
pub(super) fn switching_protocols(
    accept: &Accept,
    key: Option<&Key>,
    protocol: Option<&str>,
    extensions: Option<&str>,
) -> Vec<u8> {
    let mut head = Vec::with_capacity(accept.headers.len() + 256);
    head.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    if let Some(key) = key {
        head.extend_from_slice(b"Sec-WebSocket-Accept: ");
        head.extend_from_slice(&key::accept(key));
        head.extend_from_slice(b"\r\n");
    }
    accept.push_fields(&mut head, protocol, extensions);
    head.extend_from_slice(b"\r\n");
    head
}
