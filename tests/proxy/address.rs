//! URIs of proxies.

use crate::kit::proxy;
use bowline::proxy::{Proxy, ProxyUriError};

fn error(uri: &str) -> ProxyUriError {
    Proxy::from_uri(uri).expect_err(uri)
}

/// Schemes, and curl's default ports.
#[test]
fn schemes_and_ports() {
    for (uri, shown, is_secure, resolves_names) in [
        ("http://h", "http://h:1080", false, true),
        ("HTTP://h:3128/", "http://h:3128", false, true),
        ("h", "http://h:1080", false, true),
        ("h:8080", "http://h:8080", false, true),
        ("me:pw@h:8080/", "http://h:8080", false, true),
        ("https://h", "https://h:443", true, true),
        ("https://h:3129", "https://h:3129", true, true),
        ("socks5://h", "socks5://h:1080", false, false),
        ("SOCKS5H://h:9050", "socks5h://h:9050", false, true),
        ("socks://h", "socks5h://h:1080", false, true),
        ("http://127.0.0.1:1", "http://127.0.0.1:1", false, true),
        ("http://[::1]:8", "http://[::1]:8", false, true),
        ("http://[fe80::1%25eth0]:8", "http://[fe80::1%25eth0]:8", false, true),
    ] {
        let proxy = proxy(uri);
        assert_eq!(format!("{proxy:?}"), shown, "{uri}");
        assert_eq!((proxy.is_secure(), proxy.resolves_names()), (is_secure, resolves_names), "{uri}");
    }
    let zoned = proxy("http://[fe80::1%25eth0]:8");
    assert_eq!((zoned.host(), zoned.port()), ("fe80::1%eth0", 8));
}

/// Each error names the mistake, and no secret.
#[test]
fn mistakes() {
    for (uri, part) in [
        ("ftp://h", "must begin with http://, https://, socks5:// or socks5h://"),
        ("socks4://h", "must begin with"),
        ("socks4a://h", "must begin with"),
        ("://h", "must begin with"),
        ("", "no valid host"),
        ("http://", "no valid host"),
        ("http://me@", "no valid host"),
        ("http://a b", "no valid host"),
        ("http://[::1", "no valid host"),
        ("http://h:x", "no valid port"),
        ("http://h:65536", "no valid port"),
        ("http://h:0", "no valid port"),
        ("http://h/path", "leave out the path"),
        ("http://h?x", "leave out the path"),
        ("http://h#x", "leave out the path"),
        ("http://bücher.example", "the host \"bücher.example\" is not ASCII"),
        ("http://me:S3cr3t@bücher.example", "the host \"...\" is not ASCII"),
        ("http://a%3Ab:S3cr3t@h", "the user name or the password for the proxy is not valid"),
        ("http://me:S3cr3t%@h", "the user name or the password for the proxy is not valid"),
        ("http://me:S3cr3t%0d@h", "the user name or the password for the proxy is not valid"),
        ("http://me:S3cr3t@h:x", "\"...\" has no valid port"),
        ("http://me:S3cr3t/x@h", "no valid port"),
        ("ftp://me:S3cr3t@h", "must begin with"),
        ("http://me:S3cr3t@h/?S3cr3t", "leave out the path"),
    ] {
        let error = error(uri);
        assert!(error.to_string().contains(part), "{uri}: {error}");
        assert!(!format!("{error} {error:?}").contains("S3cr3t"), "{error:?}");
        assert_eq!(error.variable(), None);
    }
}

/// A SOCKS5 proxy gets the lengths of user name and password in a byte each. An HTTP proxy does not.
#[test]
fn long_passwords() {
    let (fits, long) = ("x".repeat(255), "x".repeat(256));
    for scheme in ["socks5", "socks5h"] {
        assert!(Proxy::from_uri(&format!("{scheme}://{fits}:{fits}@h")).is_ok());
        for uri in [format!("{scheme}://{long}:pw@h"), format!("{scheme}://me:{long}@h")] {
            assert!(error(&uri).to_string().contains("at most 255 bytes"));
        }
        assert!(proxy("socks5://h").basic_auth(&fits, &fits).is_ok());
        assert!(proxy("socks5://h").basic_auth("me", &long).is_err());
        assert!(proxy("socks5://h").basic_auth(&long, "pw").is_err());
    }
    assert!(Proxy::from_uri(&format!("http://{long}:{long}@h")).is_ok());
    assert!(proxy("http://h").basic_auth(&long, &long).is_ok());
    assert!(proxy("http://h").basic_auth("a:b", "").is_err());
}
