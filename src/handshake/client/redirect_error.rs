use super::RequestError;
use alloc::{string::String, vec::Vec};
use thiserror::Error;

/// Why a redirect is not followed: from [`Redirects::follow`](super::Redirects::follow).
///
/// URIs are shown without user information, query and fragment, which can contain secrets.
///
/// ```
/// use bowline::client::RedirectError;
///
/// let chain = ["ws://example.com/a", "ws://example.com/b", "ws://example.com/a"].map(String::from).into();
/// assert_eq!(
///     RedirectError::Loop { chain }.to_string(),
///     "the redirects form a loop: ws://example.com/a -> ws://example.com/b -> ws://example.com/a (RFC 9110 §15.4)"
/// );
/// ```
#[doc(alias("redirect"))]
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RedirectError {
    /// There were more redirects than the limit allows, and the last one leads to a URI that was requested before.
    ///
    /// A single redirect to an earlier URI is followed, since a server may set a cookie and then redirect to the same URI.
    #[error("the redirects form a loop: {} (RFC 9110 §15.4)", .chain.join(" -> "))]
    Loop {
        /// The requested URIs in order, and the one that was not requested any more.
        chain: Vec<String>,
    },
    /// There were more redirects than the limit allows.
    #[error("there were more than {limit} redirects: {} (RFC 9110 §15.4)", .chain.join(" -> "))]
    TooMany {
        /// The number of redirects that were allowed.
        limit: usize,
        /// The requested URIs in order, and the one that was not requested any more.
        chain: Vec<String>,
    },
    /// A server with TLS redirects to a URI without TLS. What the client sends there, everybody on the way could read.
    #[error(
        "{from} redirects to {to}, which is without TLS: to connect to it all the same, use its URI (RFC 6455 §10.6)"
    )]
    Insecure {
        /// The requested URI.
        from: String,
        /// The URI in the header field `Location`.
        to: String,
    },
    /// The header field `Location` is not a valid reference to a WebSocket URI. Holds an excerpt of it, and the reason.
    #[error("the Location \"{location}\" of the redirect is not valid: {reason}")]
    Location {
        /// An excerpt of the value.
        location: String,
        /// What is not valid about it.
        #[source]
        reason: RequestError,
    },
}
