//! The configuration of TLS, as the options say.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
};
use bowline::adapter::{TlsError, TlsOptions, tokio::rustls::ClientConfig};
use std::{fmt::Display, fs, path::Path, sync::Arc};

/// Returns the configuration. `None` if no option is about TLS: then it is that of the library.
pub(crate) fn config(arguments: &Arguments) -> Result<Option<Arc<ClientConfig>>, Ending> {
    let Arguments { insecure, cacert, cert, key, .. } = arguments;
    if !insecure && cacert.is_none() && cert.is_none() {
        return Ok(None);
    }
    let mut options = TlsOptions::new();
    if *insecure {
        options = options.danger_accept_any_certificate();
    }
    if let Some(path) = cacert {
        options = options.roots_pem(read("--cacert", path)?);
    }
    let key = key.as_ref().or(cert.as_ref());
    if let (Some(cert), Some(key)) = (cert, key) {
        options = options.client_certificate_pem(read("--cert", cert)?, read("--key", key)?);
    }
    options.build().map(Some).map_err(|error| unusable(arguments, &error))
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, Ending> {
    fs::read(path).map_err(|error| of_file(option, path, &error))
}

fn of_file(option: &str, path: &Path, error: &dyn Display) -> Ending {
    Ending::new(Status::Here, format!("{option} {}: {error}", path.display()))
}

/// Names the option of this program instead of the method of the library.
fn unusable(arguments: &Arguments, error: &TlsError) -> Ending {
    let Arguments { cacert, cert, key, .. } = arguments;
    let text = error.to_string();
    let (option, path, text) = match (text.strip_prefix("roots_pem: "), text.strip_prefix("client_certificate_pem: ")) {
        (Some(text), _) => ("--cacert", cacert, text),
        (None, Some(text)) if matches!(error, TlsError::NoKey | TlsError::EncryptedKey | TlsError::InvalidKey(_)) => {
            ("--key", if key.is_some() { key } else { cert }, text)
        }
        (None, Some(text)) => ("--cert", cert, text),
        (None, None) => ("TLS", &None, &*text),
    };
    match path {
        Some(path) => of_file(option, path, &text),
        None => Ending::new(Status::Here, format!("{option}: {text}")),
    }
}
