//! A tunnel by HTTP CONNECT (RFC 9110 §9.3.6).

use super::{TunnelError, target::Host};
use crate::{
    Input,
    client::{Response, USER_AGENT},
    handshake::http1::{
        credentials::Credentials,
        field_line,
        fields::Fields,
        head::{Head, Start},
    },
};
use alloc::{format, vec::Vec};
use core::net::IpAddr;

/// How long the head of the response may be, in bytes, with all interim responses. It is the default of
/// [`Limits::head_bytes`](crate::Limits::head_bytes).
const MAX_HEAD: usize = 16 * 1024;

/// How many fields a head may have: the default of [`Limits::head_fields`](crate::Limits::head_fields).
const MAX_FIELDS: usize = 100;

/// Receives the response to the request.
pub(super) struct Connect {
    head: Head,
    /// The response that refuses, while its body arrives.
    refusal: Option<Response>,
}

/// The length of the shortest response: a status line without a reason phrase, and an empty line.
#[cfg(feature = "std")]
const MIN_RESPONSE: usize = b"HTTP/1.1 200\r\n\r\n".len();

impl Connect {
    pub(super) fn new() -> Self {
        Self { head: Head::new(Start::Response, MAX_HEAD), refusal: None }
    }

    /// Returns whether the tunnel is open.
    pub(super) fn receive(&mut self, input: &mut Input<'_>) -> Result<bool, TunnelError> {
        loop {
            if let Some(response) = &mut self.refusal {
                return if response.receive_body(input) { Ok(false) } else { Err(TunnelError::refused(response)) };
            }
            if !self.head.receive(input).map_err(TunnelError::Http)? {
                return Ok(false);
            }
            let head = self.head.finish();
            let (status, is_http_1_1, fields) = Fields::of_response(head, MAX_FIELDS).map_err(TunnelError::Http)?;
            match status {
                // "Any 2xx (Successful) response indicates that the sender [...] will switch to tunnel mode immediately after the
                // response header section". Such a response has no body, whatever its fields say.
                200..=299 => return Ok(true),
                // Interim responses, of which there can be several (§15.2).
                100 | 102..=199 => {}
                _ => self.refuse(Response::new(status, is_http_1_1, fields))?,
            }
        }
    }

    /// Keeps a response to wait for its body, or returns the error for it.
    fn refuse(&mut self, response: Response) -> Result<(), TunnelError> {
        if !has_explanation(&response) {
            return Err(TunnelError::refused(&response));
        }
        self.refusal = Some(response);
        Ok(())
    }

    /// Returns how many of the next bytes are certain to be from the proxy. They are at least one.
    #[cfg(feature = "std")]
    pub(super) fn read_len(&self) -> usize {
        MIN_RESPONSE.saturating_sub(self.head.taken()).max(1)
    }

    /// Returns the error for the end of the proxy's stream.
    pub(super) fn receive_eof(&self) -> TunnelError {
        match &self.refusal {
            Some(response) => TunnelError::refused(response),
            None => TunnelError::EndOfStream { received: self.head.taken() },
        }
    }
}

/// Whether the body of a response is a text for people whose end is known. It then arrives with the head. Most proxies send a page for
/// a browser, which no error could show.
fn has_explanation(response: &Response) -> bool {
    let media_type = response.header("Content-Type").unwrap_or_default();
    let is_text = media_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"text/plain"));
    is_text && response.body_length().is_some_and(|length| length > 0)
}

/// Returns the request: "the request target consists of only the host name and port number of the tunnel destination".
pub(super) fn request(host: &Host<'_>, port: u16, credentials: Option<&Credentials>) -> Vec<u8> {
    let authority = match host {
        Host::Name(name) => format!("{name}:{port}"),
        Host::Ip(IpAddr::V4(address)) => format!("{address}:{port}"),
        Host::Ip(IpAddr::V6(address)) => format!("[{address}]:{port}"),
    };
    let mut head = format!("CONNECT {authority} HTTP/1.1\r\n").into_bytes();
    field_line::push(&mut head, "Host", authority.as_bytes());
    field_line::push(&mut head, "User-Agent", USER_AGENT.as_bytes());
    if let Some(credentials) = credentials {
        field_line::push(&mut head, "Proxy-Authorization", credentials.basic().as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}
