//! What the error of a TLS handshake usually means, and what to do.

use super::connect_stage::End;
#[cfg(feature = "rustls")]
use super::tls::rustls;
use core::fmt;
use std::io;

/// Writes the advice, after a colon, if there is any.
pub(super) fn write(f: &mut fmt::Formatter<'_>, end: End, error: &io::Error) -> fmt::Result {
    #[cfg(feature = "rustls")]
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        if is_no_tls(error) {
            return f.write_str(match end {
                End::Server => ": the server does not seem to use TLS on this port, so try ws:// instead of wss://",
                End::Proxy => ": the proxy does not seem to use TLS on this port, so try http:// instead of https://",
            });
        }
        if let Some(advice) = Advice::of(error) {
            return advice.write(f, end);
        }
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => f.write_str(match end {
            End::Server => {
                ": the server closed the connection, so it may not use TLS on this port; then connect with ws://"
            }
            End::Proxy => ": the proxy closed the connection, so it may not use TLS on this port; then use http://",
        }),
        _ => Ok(()),
    }
}

/// Whether the answer was not one of TLS.
#[cfg(feature = "rustls")]
fn is_no_tls(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidMessage(_))
}

#[cfg(feature = "rustls")]
enum Advice {
    UnknownIssuer,
    Expired,
    NotYetValid,
    WrongName,
    NotTheAccepted,
    Revoked,
    Authority,
    CertificateRequired,
    CertificateRefused,
    NoHttp1,
    NoRoots,
}

#[cfg(feature = "rustls")]
impl Advice {
    fn of(error: &rustls::Error) -> Option<Self> {
        use rustls::{AlertDescription, CertificateError as Certificate, Error};
        Some(match error {
            Error::InvalidCertificate(Certificate::UnknownIssuer) => Self::UnknownIssuer,
            Error::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => Self::Expired,
            Error::InvalidCertificate(Certificate::NotValidYet | Certificate::NotValidYetContext { .. }) => {
                Self::NotYetValid
            }
            Error::InvalidCertificate(Certificate::NotValidForName | Certificate::NotValidForNameContext { .. }) => {
                Self::WrongName
            }
            Error::InvalidCertificate(Certificate::ApplicationVerificationFailure) => Self::NotTheAccepted,
            Error::InvalidCertificate(Certificate::Revoked) => Self::Revoked,
            // The library below rustls has no name for it that can be matched.
            Error::InvalidCertificate(other) if alloc::format!("{other:?}").contains("CaUsedAsEndEntity") => {
                Self::Authority
            }
            Error::AlertReceived(AlertDescription::CertificateRequired) => Self::CertificateRequired,
            Error::AlertReceived(
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::AccessDenied,
            ) => Self::CertificateRefused,
            Error::AlertReceived(AlertDescription::NoApplicationProtocol) | Error::NoApplicationProtocol => {
                Self::NoHttp1
            }
            Error::General(reason) if reason.contains("No CA certificates") => Self::NoRoots,
            _ => return None,
        })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, end: End) -> fmt::Result {
        let end = end.name();
        match self {
            Self::UnknownIssuer => write!(f, ": none of the trusted authorities has signed the {end}'s certificate"),
            Self::Expired => {
                write!(f, ": the {end}'s certificate must be renewed, unless the clock of this computer is wrong")
            }
            Self::NotYetValid => f.write_str(": the clock of this computer may be wrong"),
            Self::WrongName if end == "proxy" => {
                f.write_str(": the certificate is for other names than that of the proxy")
            }
            Self::WrongName => f.write_str(": the certificate is for other names than the host of the URI"),
            Self::NotTheAccepted => {
                write!(f, ": the {end}'s certificate is not one of those that `TlsOptions::accept_certificate` allows")
            }
            Self::Revoked => write!(f, ": the {end}'s certificate has been revoked, and the {end} needs a new one"),
            Self::Authority => write!(
                f,
                ": the {end}'s certificate is that of an authority, as `openssl req -x509` makes it: if the {end} is yours, accept it with \
                 `TlsOptions::accept_certificate`"
            ),
            Self::CertificateRefused => {
                write!(f, ": the {end} does not accept the client certificate, or requires one")
            }
            Self::NoHttp1 => write!(f, ": the {end} does not offer HTTP/1.1 on this port"),
            Self::CertificateRequired => write!(f, ": the {end} requires a client certificate"),
            Self::NoRoots => f.write_str(
                ": install the certificate authorities of the platform, such as the package ca-certificates",
            ),
        }
    }
}
