use super::rustls;
use thiserror::Error;

/// Why [`TlsOptions::build`](super::TlsOptions::build) failed.
///
/// The errors are for people: they name the method whose argument cannot be used, and what it expects. They contain nothing of a
/// private key.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TlsError {
    /// There is no certificate in the PEM text.
    #[error(
        "{option}: there is no certificate in the PEM text: expected a line -----BEGIN CERTIFICATE----- \
         (openssl x509 -inform der converts a DER file)"
    )]
    NoCertificate {
        /// The name of the method.
        option: &'static str,
    },
    /// The PEM text breaks off, or it is damaged.
    #[error("{option}: the PEM text is not valid: {reason}")]
    InvalidPem {
        /// The name of the method.
        option: &'static str,
        /// What is not valid.
        reason: &'static str,
    },
    /// A certificate cannot be used for its purpose.
    #[error("{option}: a certificate cannot be used: {error}")]
    InvalidCertificate {
        /// The name of the method.
        option: &'static str,
        /// The error of rustls.
        #[source]
        error: rustls::Error,
    },
    /// There is no private key in the PEM text.
    #[error(
        "client_certificate_pem: there is no private key in the PEM text: expected a line -----BEGIN PRIVATE KEY-----, \
         -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----"
    )]
    NoKey,
    /// The private key is encrypted.
    #[error("client_certificate_pem: the private key is encrypted: decrypt it first, for example with openssl pkey")]
    EncryptedKey,
    /// The private key is damaged, or of a kind that is not supported.
    #[error(
        "client_certificate_pem: the private key cannot be used: {0}: expected an RSA key of at least 2048 bits, or a key of \
         P-256, P-384 or Ed25519"
    )]
    InvalidKey(#[source] rustls::Error),
    /// The private key belongs to another certificate.
    #[error(
        "client_certificate_pem: the private key does not fit the first certificate of the chain, which must be the \
         client's own"
    )]
    KeyMismatch,
    /// The verifier of the operating system, or its root certificates, cannot be used.
    #[error(
        "the root certificates of the operating system cannot be used: {0}: install them, for example the package \
         ca-certificates, or use roots_pem"
    )]
    Platform(#[source] rustls::Error),
    /// `accept_certificate` was combined with root certificates.
    #[error(
        "accept_certificate cannot be combined with roots_pem or add_roots_pem: it accepts exactly one certificate, \
         whatever its issuer"
    )]
    Conflict,
}
