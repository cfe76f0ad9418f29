#[cfg(feature = "http")]
use super::http2_rules;
use super::rules::{self, Target};
use crate::handshake::{
    HandshakeError, cookie,
    http1::fields::{Fields, RequestLine},
    http1::grammar,
    query,
};
use alloc::borrow::Cow;
use core::{fmt, ops::Range};

/// The part of a request that WebSocket requests and plain requests share: what it asks for, and its header fields.
pub(super) struct RequestHead {
    pub(super) fields: Fields,
    /// The span of the host, which is ASCII.
    host: Range<usize>,
    /// The span of path and query. They begin with `/`, and are visible ASCII.
    path_and_query: Range<usize>,
}

impl RequestHead {
    /// Checks the target and the host of a request of HTTP/1.1.
    pub(super) fn of_http_1_1(line: &RequestLine, fields: Fields) -> Result<Self, HandshakeError> {
        let Target { path_and_query, host } = rules::check_target(fields.get(&line.target))?;
        let field = rules::check_host(&fields)?;
        // "When an origin server receives a request with an absolute-form of request-target, the origin server MUST
        // ignore the received Host header field (if any) and instead use the host information of the request-target"
        // (RFC 9112 §3.2.2).
        let host = fields.span(host.unwrap_or(field));
        let path_and_query = fields.span(path_and_query);
        Ok(Self::new(fields, host, path_and_query))
    }

    /// Checks the target and the host of a request of HTTP/2 or HTTP/3.
    #[cfg(feature = "http")]
    pub(super) fn of_connect(line: &RequestLine, fields: Fields) -> Result<Self, HandshakeError> {
        let Target { path_and_query, host } = rules::check_target(fields.get(&line.target))?;
        let host = fields.span(http2_rules::check_authority(host, &fields)?);
        let path_and_query = fields.span(path_and_query);
        Ok(Self::new(fields, host, path_and_query))
    }

    /// An absolute URI may have no path, which means `/` (RFC 9110 §4.2.3). The spans must lie in one buffer, so the completed
    /// path is appended to the head.
    fn new(mut fields: Fields, host: Range<usize>, mut path_and_query: Range<usize>) -> Self {
        let received = fields.get(&path_and_query);
        if !received.starts_with(b"/") {
            let completed = [b"/", received].concat();
            path_and_query = fields.append(&completed);
        }
        Self { fields, host, path_and_query }
    }

    pub(super) fn path(&self) -> &str {
        query::split(self.path_and_query()).0
    }

    pub(super) fn query(&self) -> Option<&str> {
        query::split(self.path_and_query()).1
    }

    pub(super) fn path_and_query(&self) -> &str {
        grammar::checked_str(self.fields.get(&self.path_and_query))
    }

    pub(super) fn query_param(&self, name: &str) -> Option<Cow<'_, str>> {
        query::param(self.query()?, name)
    }

    pub(super) fn host(&self) -> &str {
        grammar::checked_str(self.host_bytes())
    }

    pub(super) fn host_bytes(&self) -> &[u8] {
        self.fields.get(&self.host)
    }

    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.named(name).next()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie::find(self.fields.named("Cookie"), name)
    }
}

/// Values and query are left out, since they can contain secrets.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("host", &self.host())
            .field("path", &self.path())
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
