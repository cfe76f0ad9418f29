//! Certificates for tests, and their authorities.

use base64::{Engine, engine::general_purpose::STANDARD};
use bowline::adapter::blocking::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

/// Writes PEM.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        text += &String::from_utf8_lossy(line);
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// A certificate, those of the intermediate authorities, and the private key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Identity {
    /// Reads a text of [`chain_and_key_pem`](Self::chain_and_key_pem).
    pub(super) fn from_pem(text: &[u8]) -> Self {
        let key = PrivateKeyDer::from_pem_slice(text).unwrap();
        Self {
            chain: CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>().unwrap(),
            key: key.secret_der().to_vec(),
        }
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.clone()).unwrap()
    }

    pub(super) fn chain_pem(&self) -> String {
        self.chain.iter().map(|certificate| pem("CERTIFICATE", certificate)).collect()
    }

    pub(super) fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key)
    }

    pub(super) fn chain_and_key_pem(&self) -> String {
        self.chain_pem() + &self.key_pem()
    }
}

fn params(name: &str, is_authority: bool) -> CertificateParams {
    let mut params = CertificateParams::new([name.into()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// A certificate that is signed with its own key, and may be marked as that of an authority, as `openssl req -x509` does.
pub(super) fn self_signed(name: &str, is_authority: bool) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params(name, is_authority).self_signed(&key).unwrap();
    Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
}

/// A certificate authority.
pub(super) struct Authority {
    /// Its own certificate, and those of the authorities above it.
    chain: Vec<CertificateDer<'static>>,
    issuer: Issuer<'static, KeyPair>,
    is_root: bool,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let (params, key) = (params(name, true), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { chain: vec![certificate], issuer: Issuer::new(params, key), is_root: true }
    }

    /// Returns an authority below this one.
    pub(super) fn authority(&self, name: &str) -> Self {
        let (params, key) = (params(name, true), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self { chain: vec![certificate], issuer: Issuer::new(params, key), is_root: false }
    }

    pub(super) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.chain[0])
    }

    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.chain[0].clone()).unwrap();
        roots
    }

    pub(super) fn issue(&self, name: &str) -> Identity {
        self.issue_between(name, 2001, 3002)
    }

    /// Issues a certificate that is valid from the beginning of a year to the beginning of another one.
    pub(super) fn issue_between(&self, name: &str, from: i32, to: i32) -> Identity {
        let (mut params, key) = (params(name, false), KeyPair::generate().unwrap());
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let mut chain = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
        if !self.is_root {
            chain.extend_from_slice(&self.chain);
        }
        Identity { chain, key: key.serialize_der() }
    }
}
