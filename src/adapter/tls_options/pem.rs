//! Certificates and keys out of PEM text.

use super::{TlsError, rustls};
use alloc::vec::Vec;
use rustls::{
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error, PemObject},
    },
    server::ParsedCertificate,
};

/// Returns all certificates of a PEM text, of which there must be one.
pub(super) fn certificates(option: &'static str, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let certificates = certificates.map_err(|error| invalid(option, &error))?;
    if certificates.is_empty() { Err(TlsError::NoCertificate { option }) } else { Ok(certificates) }
}

/// Returns the first certificate of a PEM text, or the one that the bytes are in DER.
pub(super) fn certificate_or_der(option: &'static str, bytes: &[u8]) -> Result<CertificateDer<'static>, TlsError> {
    // A certificate in DER is a SEQUENCE, and begins with this byte, which is a `0`. No PEM text begins with it.
    let certificate = if bytes.first() == Some(&0x30) && !contains(bytes, b"-----BEGIN ") {
        CertificateDer::from(bytes.to_vec())
    } else {
        certificates(option, bytes)?.into_iter().next().ok_or(TlsError::NoCertificate { option })?
    };
    match ParsedCertificate::try_from(&certificate) {
        Ok(_) => Ok(certificate),
        Err(error) => Err(TlsError::InvalidCertificate { option, error }),
    }
}

/// Returns the private key of a PEM text.
pub(super) fn key(text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        // The second is in the head of older files.
        Error::NoItemsFound if contains(text, b"ENCRYPTED PRIVATE KEY") => TlsError::EncryptedKey,
        _ if contains(text, b"Proc-Type: 4,ENCRYPTED") => TlsError::EncryptedKey,
        Error::NoItemsFound => TlsError::NoKey,
        error => invalid(super::CLIENT, &error),
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Describes an error without the text that it is about, which may be a key.
fn invalid(option: &'static str, error: &Error) -> TlsError {
    let reason = match error {
        Error::MissingSectionEnd { .. } => "the line -----END ...----- is missing",
        Error::IllegalSectionStart { .. } => "a line that begins with -----BEGIN does not end with -----",
        Error::Base64Decode(_) => "it contains characters that are not base64",
        _ => "it cannot be read",
    };
    TlsError::InvalidPem { option, reason }
}
