//! The 101 response, and the connection that it opens (RFC 6455 §4.2.2).

use super::{Accept, Refusal, Request};
use crate::{
    Connection, Role,
    handshake::key::{self, Key},
};
use alloc::vec::Vec;

impl Request {
    /// Opens the connection. Its output begins with the response, status 101. Messages can be sent at once: they follow the
    /// response (§4.2.2).
    ///
    /// ```
    /// use bowline::server::{Accept, Request};
    ///
    /// # fn f(request: Request) {
    /// let mut connection = request.accept(&Accept::same_origin()).unwrap();
    /// connection.send_text("Welcome!").unwrap();
    ///
    /// let mut bytes = Vec::new();
    /// connection.output().write_to(&mut bytes).unwrap();
    /// assert!(bytes.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
    /// assert!(bytes.ends_with(b"\x81\x08Welcome!"));
    /// # }
    /// # let mut bytes = *b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// # let mut handshake = bowline::server::Handshake::new(bowline::Config::default());
    /// # let progress = handshake.receive(&mut bowline::Input::from(&mut bytes));
    /// # let bowline::server::Progress::Request(request) = progress else { panic!() };
    /// # f(request);
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Refusal`], if `accept` does not allow the client's origin (status 403), or if the client does not offer the
    /// subprotocol that `accept` requires (status 400). There is no connection. Deliver the refusal before you close the
    /// transport.
    pub fn accept(self, accept: &Accept) -> Result<Connection, Refusal> {
        match accept.choose(&self) {
            Ok(protocol) => Ok(self.open(protocol, |key, extensions| {
                debug_assert!(key.is_some(), "requests of HTTP/2 and HTTP/3 are accepted by `Upgrade`");
                switching_protocols(accept, key, protocol, extensions)
            })),
            Err(error) => Err(Refusal::of(error, self.config)),
        }
    }

    /// Opens the connection. `answer` receives the key and the agreed extensions, and returns the bytes that the connection sends
    /// first.
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

    /// Returns the compression parameters of the first offer that can be met (RFC 7692 §5). `None` declines compression.
    #[cfg(feature = "deflate")]
    fn deflate(&self) -> Option<crate::deflate::Agreement> {
        let options = self.config.deflate.as_ref()?;
        let mut offers = self.extensions().filter(|extension| extension.name() == crate::deflate::NAME);
        offers.find_map(|offer| crate::deflate::accept(offer.params(), options))
    }
}

/// Returns the response with status 101 (§4.2.2).
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
