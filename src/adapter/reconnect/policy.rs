//! The settings of a client that reconnects, and the table of the ends after which it does.

use super::super::{ConnectStage, error::Error};
use crate::{Cause, CloseCode, Closure, HandshakeError, proxy::TunnelError};
use alloc::{collections::BTreeMap, sync::Arc};
use core::{fmt, time::Duration};
use std::io;

/// When a client reconnects, and how long it waits before: the back-off of RFC 6455 §7.2.3, and which errors are final.
///
/// The defaults fit most clients. Change them for close codes of your own, or to give up after some time:
///
/// ```
/// use bowline::adapter::reconnect::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default()
///     .max_delay(Duration::from_secs(60))
///     .give_up_after(Duration::from_secs(3600))
///     .retry_on_close(4000..=4099) // this application's codes for "come back later"
///     .final_on_status([503]);
/// ```
///
/// # Which ends are final
///
/// | error | close code, cause or status | final? |
/// |---|---|---|
/// | [`Error::Closed`] | 1000 normal closure, or no code (1005): the peer has finished | yes |
/// | | 1001 going away, 1011 internal error, 1012 service restart, 1013 try again later, 1014 bad gateway | no |
/// | | 1006: the stream ended, the transport failed, or a deadline expired | no |
/// | | the peer broke a rule ([`Cause::Protocol`]): it would do so again | yes |
/// | | 1002, 1003, 1007 to 1010: the peer rejects what this endpoint sends or requires | yes |
/// | | 3000 to 4999: defined by a library or by the application | yes, change it with [`retry_on_close`](Self::retry_on_close) |
/// | [`Error::Io`] | the stream failed | no |
/// | [`Error::Connect`] | DNS lookup, TCP or Unix socket | no |
/// | | a proxy that could not reach the server (HTTP status 408, 429 or 5xx, SOCKS reply 1 or 3 to 6), or did not answer | no |
/// | | a proxy that refuses: other credentials or another proxy are needed | yes |
/// | | TLS: the stream ended or failed, or did not answer in time | no |
/// | | TLS: a certificate is missing or not valid, or TLS is not available | yes |
/// | [`Error::Handshake`] | status 408, 429 or 5xx | no |
/// | | any other status, such as 401, 403 or 404 | yes, change it with [`retry_on_status`](Self::retry_on_status) |
/// | | the handshake deadline expired, or the stream ended | no |
/// | | the server broke a rule | yes |
/// | every other error | the request itself cannot succeed | yes |
///
/// [`is_final`](Self::is_final) is this table as a function.
#[doc(alias("backoff", "back-off", "retry", "reconnect", "jitter"))]
#[must_use]
#[derive(Clone)]
pub struct RetryPolicy {
    pub(super) first_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) stable_after: Duration,
    pub(super) max_retry_after: Duration,
    pub(super) max_failures: Option<u32>,
    pub(super) give_up_after: Option<Duration>,
    pub(super) entropy: fn() -> [u8; 4],
    /// Whether a close code is final, if that differs from the table.
    close_codes: BTreeMap<u16, bool>,
    /// The same for the status of an opening handshake that failed.
    statuses: BTreeMap<u16, bool>,
    decide: Option<Decide>,
}

type Decide = Arc<dyn Fn(&Error, bool) -> bool + Send + Sync>;

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(300),
            stable_after: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(3600),
            max_failures: None,
            give_up_after: None,
            entropy: crate::entropy::csprng,
            close_codes: BTreeMap::new(),
            statuses: BTreeMap::new(),
            decide: None,
        }
    }
}

/// How long to wait, and when to give up.
impl RetryPolicy {
    /// Sets the maximum delay after the first failure. The delay is random, between zero and this maximum, which doubles with
    /// each further failure.
    ///
    /// Default: 5 seconds, which RFC 6455 §7.2.3 calls reasonable. With zero, the client never waits, and a server that is down
    /// gets as many attempts as the client can make.
    pub fn first_delay(self, first_delay: Duration) -> Self {
        Self { first_delay, ..self }
    }

    /// Sets the limit up to which the maximum delay doubles.
    ///
    /// Default: 5 minutes.
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// Sets how long a connection must be open so that the failures before it are forgotten, and the next delay is a short one
    /// again.
    ///
    /// A server that accepts each connection and closes it at once therefore gets fewer and fewer attempts.
    ///
    /// Default: 30 seconds.
    pub fn stable_after(self, stable_after: Duration) -> Self {
        Self { stable_after, ..self }
    }

    /// Sets the maximum that a server can ask for with `Retry-After` (RFC 9110 §10.2.3), in a response that refuses the opening
    /// handshake. A longer time counts as this maximum. The random delay is added to it, so that the clients of a server do not
    /// return together. Zero ignores `Retry-After`.
    ///
    /// Default: 1 hour.
    #[doc(alias("Retry-After"))]
    pub fn max_retry_after(self, max_retry_after: Duration) -> Self {
        Self { max_retry_after, ..self }
    }

    /// Sets the number of consecutive failures after which the client gives up. With 1, it never tries again.
    ///
    /// Default: no limit.
    #[doc(alias("max attempts", "max retries"))]
    pub fn max_failures(self, failures: u32) -> Self {
        Self { max_failures: Some(failures), ..self }
    }

    /// Sets the time after which the client gives up, counted from the first of its consecutive failures. It does not begin an
    /// attempt that would be later.
    ///
    /// Default: no limit.
    #[doc(alias("max elapsed time", "timeout"))]
    pub fn give_up_after(self, time: Duration) -> Self {
        Self { give_up_after: Some(time), ..self }
    }

    /// Sets the source of the random part of a delay: each call returns four random bytes. Use it in tests, for delays that are
    /// known before.
    ///
    /// Default: a random number generator that the operating system seeds.
    #[doc(alias("random", "rng"))]
    pub fn entropy(self, entropy: fn() -> [u8; 4]) -> Self {
        Self { entropy, ..self }
    }
}

/// Which ends are final.
impl RetryPolicy {
    /// Reconnects after these close codes, whatever the table says.
    ///
    /// ```
    /// # use bowline::adapter::reconnect::RetryPolicy;
    /// let policy = RetryPolicy::default().retry_on_close([1000, 1008]).retry_on_close(4000..=4099);
    /// ```
    pub fn retry_on_close(mut self, codes: impl IntoIterator<Item = u16>) -> Self {
        self.close_codes.extend(codes.into_iter().map(|code| (code, false)));
        self
    }

    /// Does not reconnect after these close codes, whatever the table says.
    pub fn final_on_close(mut self, codes: impl IntoIterator<Item = u16>) -> Self {
        self.close_codes.extend(codes.into_iter().map(|code| (code, true)));
        self
    }

    /// Tries again if the server refuses the opening handshake with one of these HTTP statuses, whatever the table says.
    ///
    /// ```
    /// # use bowline::adapter::reconnect::RetryPolicy;
    /// // Each attempt fetches a new token, so that 401 is worth another one.
    /// let policy = RetryPolicy::default().retry_on_status([401]);
    /// ```
    pub fn retry_on_status(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses.extend(statuses.into_iter().map(|status| (status, false)));
        self
    }

    /// Gives up if the server refuses the opening handshake with one of these HTTP statuses, whatever the table says.
    pub fn final_on_status(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses.extend(statuses.into_iter().map(|status| (status, true)));
        self
    }

    /// Sets a function that decides whether an error is final. Its second argument is what the policy would decide without it.
    ///
    /// Use it for what a code alone cannot decide, such as the reason of a Close frame, or an error of your own that is inside an
    /// [`Error::Io`]:
    ///
    /// ```
    /// use bowline::adapter::{Error, reconnect::RetryPolicy};
    ///
    /// let policy = RetryPolicy::default().decide(|error, is_final| match error {
    ///     Error::Closed(closure) if closure.reason() == "banned" => true,
    ///     _ => is_final,
    /// });
    /// # assert!(!policy.is_final(&Error::Io(std::io::ErrorKind::ConnectionReset.into())));
    /// ```
    pub fn decide(self, decide: impl Fn(&Error, bool) -> bool + Send + Sync + 'static) -> Self {
        Self { decide: Some(Arc::new(decide)), ..self }
    }

    /// Returns whether a client does not try again after this error, by the [table](Self#which-ends-are-final) and what was
    /// changed in it. The limits on failures and time are not considered: see [`Backoff`](super::Backoff).
    ///
    /// A normal end of a connection, after which `recv` of a `WebSocket` returns `None`, is [`Error::Closed`] with its closure
    /// here.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role, adapter::{Error, reconnect::RetryPolicy}};
    ///
    /// let policy = RetryPolicy::default();
    /// assert!(policy.is_final(&Error::Refused(403)));
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.receive_eof(); // the server is gone
    /// let closure = client.closure().unwrap().clone();
    /// assert!(!policy.is_final(&Error::Closed(Box::new(closure))));
    /// ```
    #[must_use]
    pub fn is_final(&self, error: &Error) -> bool {
        let is_final = self.listed(error).unwrap_or_else(|| is_final(error));
        self.decide.as_ref().map_or(is_final, |decide| decide(error, is_final))
    }

    /// Returns what the caller has decided for this close code or status.
    fn listed(&self, error: &Error) -> Option<bool> {
        match error {
            Error::Closed(closure) => self.close_codes.get(&closure.code().get()).copied(),
            Error::Handshake { error: HandshakeError::Status(status), .. } => self.statuses.get(status).copied(),
            _ => None,
        }
    }
}

/// The function that decides is left out.
impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("first_delay", &self.first_delay)
            .field("max_delay", &self.max_delay)
            .field("stable_after", &self.stable_after)
            .field("max_retry_after", &self.max_retry_after)
            .field("max_failures", &self.max_failures)
            .field("give_up_after", &self.give_up_after)
            .field("final_close_codes", &self.close_codes)
            .field("final_statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}

/// The table.
fn is_final(error: &Error) -> bool {
    match error {
        Error::Closed(closure) => is_final_closure(closure),
        Error::Io(_) => false,
        Error::Connect(error) => match error.stage() {
            ConnectStage::Tls => !is_transient(error.io_error()),
            ConnectStage::Proxy => error.tunnel_error().map_or(!is_transient(error.io_error()), is_final_tunnel),
            ConnectStage::Resolve | ConnectStage::Tcp | ConnectStage::Unix => false,
        },
        Error::Handshake { error, .. } => !matches!(
            error,
            HandshakeError::Status(408 | 429 | 500..=599)
                | HandshakeError::Deadline { .. }
                | HandshakeError::EndOfStream { .. }
        ),
        _ => true,
    }
}

fn is_final_closure(closure: &Closure) -> bool {
    match closure.code() {
        _ if matches!(closure.cause(), Cause::Protocol(_)) => true,
        CloseCode::ABNORMAL => false,
        code => !matches!(code.get(), 1001 | 1011..=1014),
    }
}

fn is_final_tunnel(error: &TunnelError) -> bool {
    !matches!(
        error,
        TunnelError::Status { status: 408 | 429 | 500..=599, .. }
            | TunnelError::Reply(1 | 3..=6)
            | TunnelError::EndOfStream { .. }
    )
}

/// Whether TLS or a proxy failed because of the stream, and not because of a certificate or of an answer. What the operating system
/// reports is about the stream, for example that the host cannot be reached any more.
fn is_transient(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    let kind = error.kind();
    error.raw_os_error().is_some()
        || matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | TimedOut | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A proxy that refuses is final. One that could not reach the server, or that ended the stream, may do better next time.
    #[test]
    fn proxies() {
        let status = |status| TunnelError::Status { status, explanation: alloc::string::String::new() };
        for error in
            [status(408), status(429), status(502), TunnelError::Reply(5), TunnelError::EndOfStream { received: 2 }]
        {
            assert!(!is_final_tunnel(&error), "{error}");
        }
        for error in
            [status(403), status(407), TunnelError::Reply(2), TunnelError::Reply(7), TunnelError::CredentialsRefused]
        {
            assert!(is_final_tunnel(&error), "{error}");
        }
    }

    /// A stream that fails in the TLS handshake is worth another attempt, and a certificate is not.
    #[test]
    fn tls() {
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset] {
            assert!(is_transient(&kind.into()), "{kind}");
        }
        #[cfg(unix)]
        for error in [rustix::io::Errno::HOSTUNREACH, rustix::io::Errno::NETUNREACH, rustix::io::Errno::NETDOWN] {
            assert!(is_transient(&error.into()), "{error}");
        }
        assert!(!is_transient(&io::Error::new(io::ErrorKind::InvalidData, "the certificate has expired")));
        assert!(!is_transient(&io::ErrorKind::Unsupported.into()));
    }
}
