//! What the proxies answer if they refuse, and the errors for it.

use crate::{
    Outcome,
    adapters::Visit,
    equal, verify,
    world::{PASSWORD, Service},
};
use bowline::{
    adapter::{ConnectError, ConnectHop, ConnectStage, Error},
    proxy::TunnelError,
};
use std::io;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Program {
    Squid,
    Tinyproxy,
    Dante,
    Microsocks,
}

/// How a proxy refuses.
pub(crate) enum Answer {
    /// With one of these statuses.
    Status(&'static [u16]),
    Socks(TunnelError),
}

impl Program {
    pub(crate) fn to_a_wrong_password(self) -> Answer {
        match self {
            Self::Squid => Answer::Status(&[407]),
            // That is the status for the password of a server, but the proxy has sent it.
            Self::Tinyproxy => Answer::Status(&[401]),
            Self::Dante | Self::Microsocks => Answer::Socks(TunnelError::CredentialsRefused),
        }
    }

    pub(crate) fn to_no_password(self) -> Answer {
        match self {
            Self::Squid | Self::Tinyproxy => Answer::Status(&[407]),
            Self::Dante | Self::Microsocks => Answer::Socks(TunnelError::CredentialsRequired),
        }
    }

    /// `None` if it can forbid nothing.
    pub(crate) fn to_a_forbidden_host(self) -> Option<Answer> {
        match self {
            Self::Squid | Self::Tinyproxy => Some(Answer::Status(&[403])),
            Self::Dante => Some(Answer::Socks(TunnelError::Reply(2))),
            Self::Microsocks => None,
        }
    }

    pub(crate) fn to_a_port_without_a_server(self) -> Answer {
        match self {
            Self::Squid => Answer::Status(&[503]),
            Self::Tinyproxy => Answer::Status(&[500]),
            Self::Dante | Self::Microsocks => Answer::Socks(TunnelError::Reply(5)),
        }
    }

    pub(crate) fn to_an_unknown_name(self) -> Answer {
        match self {
            // By version.
            Self::Squid | Self::Tinyproxy => Answer::Status(&[500, 502, 503]),
            Self::Dante => Answer::Socks(TunnelError::Reply(4)),
            Self::Microsocks => Answer::Socks(TunnelError::Reply(1)),
        }
    }
}

/// Returns the error of a client that did not reach the server.
pub(crate) fn not_reached(visit: Result<Visit, Error>) -> Outcome<Box<ConnectError>> {
    match visit {
        Err(Error::Connect(error)) => Ok(error),
        Err(error) => Err(format!("another error: {error}").into()),
        Ok(visit) => Err(format!("connected to {}", visit.peer).into()),
    }
}

/// Verifies that the proxy has refused a tunnel to this host and port, and that the error has the hop and the answer.
/// The kind of the [`io::Error`] is the one for what is not allowed, or another one. Returns the text.
pub(crate) fn refused(
    visit: Result<Visit, Error>,
    service: &Service,
    to: (&str, u16),
    answer: &Answer,
) -> Outcome<String> {
    let error = not_reached(visit)?;
    let text = error.to_string();
    let reason = error.tunnel_error().ok_or_else(|| format!("no answer of the proxy: {text}"))?;
    match answer {
        Answer::Status(statuses) => {
            let status = reason.status().ok_or_else(|| format!("no status: {text}"))?;
            verify(statuses.contains(&status), || format!("another status: {text}"))?;
            verify(text.contains(&format!("the proxy answered with HTTP status {status}")), || text.clone())?;
        }
        Answer::Socks(expected) => equal(reason, expected)?,
    }
    let is_allowed = !matches!(
        reason,
        TunnelError::Status { status: 401 | 403 | 407, .. }
            | TunnelError::CredentialsRequired
            | TunnelError::CredentialsRefused
            | TunnelError::Reply(2)
    );
    equal(error.io_error().kind() != io::ErrorKind::PermissionDenied, is_allowed)?;
    equal((error.host(), error.port()), to)?;
    at_the_proxy(&error, ConnectStage::Proxy, service.host, service.port)?;
    Ok(text)
}

/// Verifies that connecting failed at the proxy, and that the text of the error names it, without the password.
pub(crate) fn at_the_proxy(error: &ConnectError, stage: ConnectStage, host: &str, port: u16) -> Outcome {
    let text = error.to_string();
    verify(error.stage() == stage, || format!("{} instead of {stage}: {text}", error.stage()))?;
    equal(error.hop(), ConnectHop::Proxy(host, port))?;
    let (to, to_port) = (error.host(), error.port());
    let start = format!("cannot connect to {to} port {to_port} through the proxy {host} port {port}: ");
    verify(text.starts_with(&start), || format!("\"{text}\" does not begin with \"{start}\""))?;
    let has_secret =
        [text, format!("{error:?}")].iter().any(|text| text.contains(PASSWORD) || text.contains("wrong-1"));
    verify(!has_secret, || "the error has the password".into())
}
