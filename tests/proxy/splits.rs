//! Whatever a proxy sends, and however it is split: the same outcome, and never a panic.

use crate::kit::{error_at_end, run, to};
use bowline::proxy::{Proxy, Tunnel, TunnelError};
use proptest::prelude::*;

const PROXIES: [&str; 4] = ["http://h", "http://me:pw@h", "socks5h://h", "socks5h://me:pw@h"];

fn tunnel(uri: &str) -> Tunnel {
    to(uri, "example.com", 443)
}

/// The outcome, without the excerpt that may depend on the split, as documented.
fn outcome(uri: &str, bytes: &[u8], lengths: &[usize]) -> String {
    let outcome = run(tunnel(uri), bytes, lengths);
    match &outcome.result {
        Some(Err(TunnelError::Http(error @ bowline::HandshakeError::StartLine(_)))) => {
            format!("{:?} {:?}", std::mem::discriminant(error), outcome.sent)
        }
        _ => format!("{outcome:?}"),
    }
}

/// The answers of proxies, good and bad.
fn answers() -> Vec<Vec<u8>> {
    let texts = [
        "HTTP/1.1 200 Connection established\r\n\r\nrest",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nA: b\r\n\r\n",
        "HTTP/1.1 407 x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody and more",
        "HTTP/1.1 403 x\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 200 OK\nA: b\n\n",
        "SSH-2.0",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    for messages in [
        &[&[5, 0][..], &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80], b"rest"][..],
        &[&[5, 2], &[1, 0], &[5, 0, 0, 3, 1, b'h', 0, 80]],
        &[&[5, 2], &[1, 1]],
        &[&[5, 0], &[5, 5, 0, 1]],
        &[&[5, 0xFF]],
    ] {
        all.push(messages.concat());
    }
    all
}

/// Each answer, byte by byte and cut in two at each place.
#[test]
fn every_cut() {
    for uri in PROXIES {
        for bytes in answers() {
            let expected = outcome(uri, &bytes, &[]);
            assert_eq!(outcome(uri, &bytes, &vec![1; bytes.len()]), expected, "{uri}: {}", bytes.escape_ascii());
            for at in 0..bytes.len() {
                assert_eq!(outcome(uri, &bytes, &[at]), expected, "{uri}: {} at {at}", bytes.escape_ascii());
            }
        }
    }
}

proptest! {
    /// Bytes at random, and valid answers with a byte changed.
    #[test]
    fn any_bytes(
        which in 0..PROXIES.len(),
        noise in prop::collection::vec(any::<u8>(), 0..64),
        answer in prop::sample::select(answers()),
        change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        is_noise in prop::bool::weighted(0.3),
        lengths in prop::collection::vec(0_usize..8, 0..20),
    ) {
        let mut bytes = if is_noise { noise } else { answer };
        if let (Some((at, byte)), false) = (change, bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let uri = PROXIES[which];
        let expected = outcome(uri, &bytes, &[]);
        prop_assert_eq!(&outcome(uri, &bytes, &lengths), &expected);
        if run(tunnel(uri), &bytes, &[]).result.is_none() {
            prop_assert!(!error_at_end(tunnel(uri), &bytes).to_string().is_empty());
        }
    }

    /// Any URI of a proxy is valid or an error, with no secret in either.
    #[test]
    fn any_proxy(text in "(socks5h?://|https?://)?(me:S3cr3t@)?\\PC{0,20}") {
        let shown = match Proxy::from_uri(&text) {
            Ok(proxy) => {
                prop_assert!(proxy.host().bytes().all(|byte| byte.is_ascii_graphic()) && proxy.port() > 0);
                format!("{proxy:?}")
            }
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains("S3cr3t"), "{}", shown);
    }
}
