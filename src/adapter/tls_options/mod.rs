//! TLS options of clients, for programs that do not use rustls themselves.

mod error;
mod pem;
mod verifiers;

pub use error::TlsError;

use alloc::{sync::Arc, vec::Vec};
use bowline_rustls::{rustls, rustls_platform_verifier::Verifier};
use core::fmt;
use rustls::{
    ClientConfig, InconsistentKeys, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::CertificateDer,
};
use verifiers::{AnyCertificate, TheseCertificates};

/// The names of the methods, as errors name them.
const ROOTS: &str = "roots_pem";
const MORE_ROOTS: &str = "add_roots_pem";
const CLIENT: &str = "client_certificate_pem";
const ACCEPTED: &str = "accept_certificate";

/// How a client of `wss://` verifies the server's certificate, and which certificate it presents itself.
///
/// Use it for a private certificate authority, for a server that requires client certificates, and for a server with a self-signed
/// certificate in tests. Without options, it is what `connect` uses: TLS 1.2 or 1.3, and the root certificates of the operating
/// system. For everything else, such as another cryptography provider, make the [`ClientConfig`] with rustls.
///
/// ```
/// use bowline::adapter::TlsOptions;
///
/// # fn tls() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = TlsOptions::new()
///     .roots_pem(std::fs::read("company-ca.pem")?)
///     .client_certificate_pem(std::fs::read("client.pem")?, std::fs::read("client.key")?)
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// The methods only store their arguments, and [`build`](Self::build) checks them. Build the configuration once, and clone the
/// `Arc` for each connection: building it can read the root certificates from files, and connections that share it can resume
/// each other's TLS sessions.
///
/// The client offers the protocol `http/1.1` by ALPN, as browsers do for `wss://`.
#[doc(alias("ClientConfig", "certificate", "CA", "SSL", "mTLS", "rejectUnauthorized"))]
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// Without the platform's.
    own_roots: Vec<Vec<u8>>,
    more_roots: Vec<Vec<u8>>,
    accepted: Vec<Vec<u8>>,
    accepts_any: bool,
    client: Option<Client>,
}

/// The client's certificate chain and its key, in PEM.
#[derive(Clone)]
struct Client {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl TlsOptions {
    /// Creates options that trust the root certificates of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts only the certificate authorities in this PEM text, and not those of the operating system. Several calls add up.
    ///
    /// Use it for a server of your own, whose certificate must come from your own certificate authority. curl has this as
    /// `--cacert`.
    ///
    /// A self-signed server certificate can also be passed, if it is not marked as a certificate authority. For one that is, use
    /// [`accept_certificate`](Self::accept_certificate).
    #[doc(alias("cacert", "cafile", "load_verify_locations"))]
    #[must_use]
    pub fn roots_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.own_roots.push(pem.as_ref().to_vec());
        self
    }

    /// Trusts the certificate authorities in this PEM text, besides those of the operating system. Several calls add up. After
    /// [`roots_pem`](Self::roots_pem), it adds to those instead.
    ///
    /// Use it for a client of public servers that also reaches internal ones, or that is behind a proxy which inspects TLS.
    ///
    /// It is not available on Android, where only the operating system verifies certificates: `build` returns an error there.
    #[doc(alias("NODE_EXTRA_CA_CERTS"))]
    #[must_use]
    pub fn add_roots_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.more_roots.push(pem.as_ref().to_vec());
        self
    }

    /// Presents a certificate to servers that require one. `chain` is the PEM text of the client's certificate, followed by those
    /// of intermediate authorities. `key` is the PEM text of its private key, in the format PKCS #8, PKCS #1 or SEC 1, and not
    /// encrypted. Both can be the same text.
    #[doc(alias("mTLS", "client_auth", "cert", "identity", "load_cert_chain"))]
    #[must_use]
    pub fn client_certificate_pem(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.client = Some(Client { chain: chain.as_ref().to_vec(), key: key.as_ref().to_vec() });
        self
    }

    /// Accepts exactly this certificate of the server, whatever its name, its issuer and its dates, and no other certificate.
    /// Several calls accept any one of these certificates.
    ///
    /// Use it in tests, and for devices with a self-signed certificate. It is safe if you received the certificate in a safe way:
    /// the server must prove that it has the private key. But the certificate of a server is replaced regularly, and then the
    /// client must be changed, too.
    ///
    /// `certificate` is the server's own certificate, in PEM or DER. If a PEM text contains several, it is the first one.
    ///
    /// ```no_run
    /// # use bowline::adapter::TlsOptions;
    /// # fn tls() -> Result<(), Box<dyn std::error::Error>> {
    /// let tls = TlsOptions::new().accept_certificate(std::fs::read("device.pem")?).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It cannot be combined with [`roots_pem`](Self::roots_pem) or [`add_roots_pem`](Self::add_roots_pem). If the server presents
    /// another certificate, the error is [`ApplicationVerificationFailure`](rustls::CertificateError) of rustls.
    #[doc(alias("pin", "fingerprint", "self-signed"))]
    #[must_use]
    pub fn accept_certificate(mut self, certificate: impl AsRef<[u8]>) -> Self {
        self.accepted.push(certificate.as_ref().to_vec());
        self
    }

    /// Accepts every certificate of every server. Other options for the server's certificate have no effect then.
    ///
    /// This is dangerous: anyone between the client and the server can then read and change everything, also passwords and tokens
    /// in the request. Use it only to find out what is wrong, and [`accept_certificate`](Self::accept_certificate) in tests. curl
    /// has this as `--insecure`.
    #[doc(alias("insecure", "danger_accept_invalid_certs", "rejectUnauthorized", "CERT_NONE", "verify_mode"))]
    #[must_use]
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.accepts_any = true;
        self
    }

    /// Creates the configuration for rustls.
    ///
    /// # Errors
    ///
    /// Returns [`TlsError`] if a PEM text cannot be used, if the options contradict each other, or if the root certificates of the
    /// operating system cannot be loaded. The options are unchanged.
    pub fn build(&self) -> Result<Arc<ClientConfig>, TlsError> {
        // With an explicit provider: `ClientConfig::builder` panics if rustls is built with two of them and the process installed
        // none.
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Platform)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.client {
            None => config.with_no_client_auth(),
            Some(Client { chain, key }) => config
                .with_client_auth_cert(pem::certificates(CLIENT, chain)?, pem::key(key)?)
                .map_err(|error| match error {
                    rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::KeyMismatch,
                    rustls::Error::InvalidCertificate(_) => TlsError::InvalidCertificate { option: CLIENT, error },
                    error => TlsError::InvalidKey(error),
                })?,
        };
        config.alpn_protocols = alloc::vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        let algorithms = provider.signature_verification_algorithms;
        if self.accepts_any {
            return Ok(Arc::new(AnyCertificate::new(algorithms)));
        }
        if !self.accepted.is_empty() {
            if !self.own_roots.is_empty() || !self.more_roots.is_empty() {
                return Err(TlsError::Conflict);
            }
            let accepted = self.accepted.iter().map(|bytes| pem::certificate_or_der(ACCEPTED, bytes));
            return Ok(Arc::new(TheseCertificates::new(accepted.collect::<Result<_, _>>()?, algorithms)));
        }
        let more_roots = certificates(MORE_ROOTS, &self.more_roots)?;
        if self.own_roots.is_empty() {
            return platform(more_roots, provider.clone());
        }
        let mut roots = RootCertStore::empty();
        add(&mut roots, ROOTS, certificates(ROOTS, &self.own_roots)?)?;
        add(&mut roots, MORE_ROOTS, more_roots)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build();
        Ok(verifier.map_err(|error| TlsError::Platform(rustls::Error::General(alloc::format!("{error}"))))?)
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("own_roots", &self.own_roots.len())
            .field("more_roots", &self.more_roots.len())
            .field("accepted", &self.accepted.len())
            .field("accepts_any", &self.accepts_any)
            .field("has_client_certificate", &self.client.is_some())
            .finish()
    }
}

fn certificates(option: &'static str, texts: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let mut all = Vec::new();
    for text in texts {
        all.extend(pem::certificates(option, text)?);
    }
    Ok(all)
}

fn add(
    roots: &mut RootCertStore,
    option: &'static str,
    certificates: Vec<CertificateDer<'static>>,
) -> Result<(), TlsError> {
    for certificate in certificates {
        roots.add(certificate).map_err(|error| TlsError::InvalidCertificate { option, error })?;
    }
    Ok(())
}

/// Returns the verifier of the platform, which also trusts `more_roots`.
#[cfg(not(target_os = "android"))]
fn platform(
    more_roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    // Certificates that cannot be used are an error of their own, and not one of the platform.
    add(&mut RootCertStore::empty(), MORE_ROOTS, more_roots.clone())?;
    match Verifier::new_with_extra_roots(more_roots, provider) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(TlsError::Platform(error)),
    }
}

#[cfg(target_os = "android")]
fn platform(
    more_roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    if !more_roots.is_empty() {
        return Err(TlsError::Platform(rustls::Error::General("add_roots_pem is not available on Android".into())));
    }
    match Verifier::new(provider) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(TlsError::Platform(error)),
    }
}
