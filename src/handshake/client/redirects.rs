//! Redirects (RFC 9110 §15.4), and references to a URI that are relative to another one (RFC 3986 §5).

use super::{
    RedirectError, Request, RequestError, Response,
    uri::{Parts, Uri},
};
use crate::handshake::{
    http1::credentials::Credentials,
    http1::{percent, shown},
};
use alloc::{string::String, string::ToString, vec::Vec};

/// Follows the redirects of servers, up to a limit (RFC 9110 §15.4, RFC 6455 §4.1).
///
/// The adapters use it themselves if redirects are switched on. With a driver of your own, pass each refused response to
/// [`follow`](Self::follow), connect for the request that it returns, and so on. Use a new value for each connection that you open.
///
/// - A redirect is a response with the status 301, 302, 303, 307 or 308 and a `Location`. That can be relative, and `http` and
///   `https` mean `ws` and `wss`.
/// - From `wss` to `ws` no redirect is followed.
/// - The next request has the subprotocols, the origin and the header fields of the previous one. If the scheme, the host or the
///   port differ, it has no `Authorization`, `Cookie` and `Proxy-Authorization`, no user name and password, and no
///   [`host_header`](Request::host_header). Later redirects do not bring them back. If another header field has a secret, such as an API key,
///   remove it yourself.
/// - As in curl, a user name and a password in the `Location` are used. A fragment in it is ignored.
///
/// ```
/// use bowline::{Config, Input, client::{Handshake, Progress, Redirects, Request}};
///
/// let mut redirects = Redirects::new(5);
/// let request = Request::from_uri("wss://example.com/chat/1")?;
/// let mut bytes = *b"HTTP/1.1 308 Permanent Redirect\r\nLocation: ../new/1?from=chat\r\n\r\n";
/// let progress = Handshake::new(request.clone(), Config::default()).receive(&mut Input::from(&mut bytes));
/// let Progress::Refused(error, Some(response)) = progress else { panic!() };
/// let next = redirects.follow(&request, &response)?.unwrap();
/// assert_eq!((next.host(), next.path_and_query()), ("example.com", "/new/1?from=chat"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("redirect", "Location"))]
#[derive(Clone, Debug)]
pub struct Redirects {
    limit: usize,
    /// The URIs of the requests that were redirected.
    visited: Vec<Uri>,
}

impl Redirects {
    /// Allows up to `limit` redirects. With 0, redirects are not an error: they are not followed, and the response is a refusal like
    /// any other.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, visited: Vec::new() }
    }

    /// Returns the request to make next, if `response` is a redirect. `request` is the one that the server refused with it.
    ///
    /// Pass the request as it was before you added the cookies and tokens of one server, or remove those from the result: fields
    /// for the same origin are kept.
    ///
    /// # Errors
    ///
    /// [`RedirectError`] if there were more redirects than the limit allows, if the redirect leads from `wss` to `ws`, or if its
    /// `Location` is not valid. A later call is possible, but the limit counts all redirects.
    pub fn follow(&mut self, request: &Request, response: &Response) -> Result<Option<Request>, RedirectError> {
        let is_redirect = self.limit > 0 && matches!(response.status(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = response.header("Location").filter(|_| is_redirect) else { return Ok(None) };
        let base = request.uri();
        let (uri, credentials) = resolve(base, location)
            .map_err(|reason| RedirectError::Location { location: shown::uri(location), reason })?;
        if base.is_secure && !uri.is_secure {
            return Err(RedirectError::Insecure { from: base.to_string(), to: uri.to_string() });
        }
        if self.visited.len() >= self.limit {
            return Err(self.too_many(base, &uri));
        }
        self.visited.push(base.clone());
        Ok(Some(request.redirected(uri, credentials)))
    }

    fn too_many(&self, base: &Uri, uri: &Uri) -> RedirectError {
        let requested = || self.visited.iter().chain([base]);
        let chain = requested().chain([uri]).map(Uri::to_string).collect();
        if requested().any(|requested| requested == uri) {
            RedirectError::Loop { chain }
        } else {
            RedirectError::TooMany { limit: self.limit, chain }
        }
    }
}

/// Resolves a reference against the URI that was requested (RFC 3986 §5.2.2).
fn resolve(base: &Uri, reference: &[u8]) -> Result<(Uri, Option<Credentials>), RequestError> {
    let text = to_text(reference);
    let text = text.split('#').next().unwrap_or_default();
    let parts = match text.strip_prefix("//") {
        Some(rest) => Some(Parts::after_slashes(base.is_secure, rest)),
        None if has_scheme(text) => Some(Parts::split(text)?),
        None => None,
    };
    match parts {
        Some(Parts { is_secure, authority, path_and_query }) => {
            Uri::new(is_secure, authority, &without_dot_segments(path_and_query))
        }
        None => Ok((base.with_path_and_query(&without_dot_segments(&merge(&base.path_and_query, text)))?, None)),
    }
}

/// Returns a reference as text. If it is not UTF-8, the bytes outside of ASCII are percent-encoded, so that none is lost.
fn to_text(reference: &[u8]) -> String {
    if let Ok(text) = core::str::from_utf8(reference) {
        return text.into();
    }
    let mut text = String::with_capacity(reference.len());
    for &byte in reference {
        if byte.is_ascii() { text.push(char::from(byte)) } else { percent::push_byte(&mut text, byte) }
    }
    text
}

/// Whether a reference begins with a scheme: a colon comes before any `/` and `?` (RFC 3986 §4.2).
fn has_scheme(text: &str) -> bool {
    text.find([':', '/', '?']).is_some_and(|at| text.as_bytes().get(at) == Some(&b':'))
}

/// Returns the path and the query that a relative reference without a host means (RFC 3986 §5.2.2, §5.2.3).
fn merge(base: &str, reference: &str) -> String {
    let path = base.split('?').next().unwrap_or_default();
    let kept = match reference.as_bytes().first() {
        None => base,
        Some(b'/') => "",
        Some(b'?') => path,
        Some(_) => path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("/"),
    };
    [kept, reference].concat()
}

/// Removes the segments `.` and `..` from the path, each `..` with the segment before it (RFC 3986 §5.2.4).
fn without_dot_segments(path_and_query: &str) -> String {
    let path_end = path_and_query.find('?').unwrap_or(path_and_query.len());
    let (path, query) = path_and_query.split_at_checked(path_end).unwrap_or((path_and_query, ""));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_dots = matches!(segment, "." | "..");
        if segment == ".." {
            kept.pop();
        }
        match (is_dots, segments.peek()) {
            (false, _) => kept.push(segment),
            // The path then ends in a slash.
            (true, None) => kept.push(""),
            (true, Some(_)) => {}
        }
    }
    let mut name = String::with_capacity(path_and_query.len() + 1);
    for segment in kept {
        name.push('/');
        name.push_str(segment);
    }
    name.push_str(query);
    name
}
