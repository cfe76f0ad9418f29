use super::rules;
#[cfg(feature = "http")]
use super::{http2_rules, rules::Target};
use crate::handshake::{
    HandshakeError, cookie,
    http1::fields::{Fields, RequestLine},
    query,
};
use alloc::{borrow::Cow, string::String};
use core::fmt;

/// A request that was read: what it asks for, and its header fields.
pub(super) struct RequestHead {
    pub(super) fields: Fields,
    host: String,
    /// It begins with `/`, and all of it is visible ASCII.
    path_and_query: String,
}

impl RequestHead {
    /// Checks the target and the host of a request of HTTP/1.1.
    pub(super) fn of_http_1_1(line: &RequestLine, fields: Fields) -> Result<Self, HandshakeError> {
        let target = rules::check_target(fields.get(&line.target))?;
        let host = rules::check_host(&fields)?;
        // "When an origin server receives a request with an absolute-form of request-target, the origin server MUST
        // ignore the received Host header field (if any) and instead use the host information of the request-target"
        // (RFC 9112 §3.2.2).
        let host = target.host.unwrap_or(host).into();
        let path_and_query = target.path_and_query.into_owned();
        Ok(Self { fields, host, path_and_query })
    }

    /// The same over HTTP/2 and HTTP/3.
    #[cfg(feature = "http")]
    pub(super) fn of_connect(line: &RequestLine, fields: Fields) -> Result<Self, HandshakeError> {
        let Target { path_and_query, host } = rules::check_target(fields.get(&line.target))?;
        let host = http2_rules::check_authority(host, &fields)?.into();
        let path_and_query = path_and_query.into_owned();
        Ok(Self { fields, host, path_and_query })
    }

    pub(super) fn path(&self) -> &str {
        query::split(&self.path_and_query).0
    }

    pub(super) fn query(&self) -> Option<&str> {
        query::split(&self.path_and_query).1
    }

    pub(super) fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    pub(super) fn query_param(&self, name: &str) -> Option<Cow<'_, str>> {
        query::param(self.query()?, name)
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.named(name).next()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie::find(self.fields.named("Cookie"), name)
    }
}

/// Without values and query: they may be secrets.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("host", &self.host)
            .field("path", &self.path())
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
