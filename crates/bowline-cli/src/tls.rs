//! The configuration of TLS, as the options say.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
};
use bowline::adapter::tokio::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use bowline_rustls::rustls_platform_verifier::BuilderVerifierExt;
use std::{fmt::Display, path::Path, sync::Arc};

/// Returns the configuration. `None` if no option is about TLS: then it is that of the library.
pub(crate) fn config(arguments: &Arguments) -> Result<Option<ClientConfig>, Ending> {
    let Arguments { insecure, cacert, cert, .. } = arguments;
    if !insecure && cacert.is_none() && cert.is_none() {
        return Ok(None);
    }
    let unusable = |error: &dyn Display| Ending::new(Status::Here, format!("TLS: {error}"));
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let builder = match cacert {
        _ if *insecure => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
        Some(path) => builder.with_root_certificates(authorities(path)?),
        None => builder.with_platform_verifier().map_err(|error| unusable(&error))?,
    };
    Ok(Some(match cert {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let failed = |error: &dyn Display| unusable_file("--cert", path, error);
            let chain = certificates("--cert", path)?;
            let key = private_key(arguments.key.as_deref().unwrap_or(path))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| failed(&error))?
        }
    }))
}

fn unusable_file(option: &str, path: &Path, error: &dyn Display) -> Ending {
    Ending::new(Status::Here, format!("{option} {}: {error}", path.display()))
}

/// Returns the certificates in a PEM file. There is at least one.
fn certificates(option: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Ending> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| unusable_file(option, path, &error))?;
    if read.is_empty() {
        return Err(unusable_file(option, path, &"there is no certificate in the file: expected a PEM file"));
    }
    Ok(read)
}

fn authorities(path: &Path) -> Result<RootCertStore, Ending> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("--cacert", path)? {
        roots.add(certificate).map_err(|error| unusable_file("--cacert", path, &error))?;
    }
    Ok(roots)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Ending> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        unusable_file("--key", path, &format_args!("{error}: expected a private key in a PEM file, without a password"))
    })
}

/// Accepts every certificate: for `--insecure`. The server must still have the key of the certificate that it sends.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
