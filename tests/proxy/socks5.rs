//! Tunnels by SOCKS5 (RFC 1928), with a user name and a password (RFC 1929).

use crate::kit::{Outcome, error, error_at_end, proxy, run, sent, to};
use bowline::proxy::{Target, Tunnel, TunnelError};

const OPEN: &[u8] = &[5, 0, 0, 1, 127, 0, 0, 1, 0x1F, 0x90];

fn tunnel() -> Tunnel {
    to("socks5h://h", "example.com", 443)
}

fn with_password() -> Tunnel {
    to("socks5h://me:secret@h", "example.com", 443)
}

/// What was sent for these answers.
fn dialogue(tunnel: Tunnel, answers: &[&[u8]]) -> Vec<u8> {
    let Outcome { result, sent } = run(tunnel, &answers.concat(), &[]);
    assert_eq!(result, Some(Ok(vec![])));
    sent
}

/// The whole dialogue without a password, byte by byte, with all kinds of addresses.
#[test]
fn without_a_password() {
    let name = [&[5, 1, 0, 5, 1, 0, 3, 11][..], b"example.com", &[1, 0xBB]].concat();
    assert_eq!(dialogue(tunnel(), &[&[5, 0], OPEN]), name);
    let v4 = [5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 7, 0, 80];
    let v6 = [&[5, 1, 0, 5, 1, 0, 4, 0xFE, 0x80][..], &[0; 13], &[1, 0, 80]].concat();
    for (target, expected) in [
        (Target::Name("192.0.2.7", 80), &v4[..]),
        (Target::Address("192.0.2.7:80".parse().unwrap()), &v4),
        (Target::Name("fe80::1", 80), &v6),
        (Target::Name("fe80::1%eth0", 80), &v6),
        (Target::Address("[fe80::1]:80".parse().unwrap()), &v6),
    ] {
        let tunnel = Tunnel::new(&proxy("socks5://h"), target).unwrap();
        assert_eq!(dialogue(tunnel, &[&[5, 0], OPEN]), expected, "{target:?}");
    }
}

/// With a password, both methods are offered, and the proxy chooses.
#[test]
fn with_a_password() {
    let name = [&[5, 1, 0, 3, 11][..], b"example.com", &[1, 0xBB]].concat();
    let expected = [&[5, 2, 0, 2, 1, 2][..], b"me", &[6], b"secret", &name].concat();
    assert_eq!(dialogue(with_password(), &[&[5, 2], &[1, 0], OPEN]), expected);
    assert_eq!(dialogue(with_password(), &[&[5, 0], OPEN]), [&[5, 2, 0, 2][..], &name].concat());
    // Some proxies answer with the version of RFC 1928.
    assert_eq!(dialogue(with_password(), &[&[5, 2], &[5, 0], OPEN]), expected);
    // Nothing is sent before the proxy has chosen.
    let mut tunnel = with_password();
    assert_eq!(sent(&mut tunnel), [5, 2, 0, 2]);
    let empty = to("socks5h://:@h", "example.com", 443);
    assert_eq!(dialogue(empty, &[&[5, 0], OPEN])[..3], [5, 1, 0], "no password");
}

/// Nothing behind the reply is consumed, whatever kind of address it has.
#[test]
fn replies_with_all_kinds_of_addresses() {
    let v6 = [&[5, 0, 0, 4][..], &[0; 18]].concat();
    let name = [&[5, 0, 0, 3, 4][..], b"host", &[0, 0]].concat();
    for reply in [OPEN, &v6, &name, &[5, 0, 0, 3, 0, 0, 0], &[5, 0, 0xFF, 1, 0, 0, 0, 0, 0, 0]] {
        let bytes = [&[5, 0], reply, b"\x16\x03"].concat();
        assert_eq!(run(tunnel(), &bytes, &[]).result, Some(Ok(b"\x16\x03".to_vec())));
        for at in 0..bytes.len() - 2 {
            assert_eq!(run(tunnel(), &bytes[..at], &[]).result, None);
        }
    }
    assert_eq!(error(tunnel(), &[5, 0, 5, 0, 0, 2]), TunnelError::AddressType(2));
}

/// Every reply code in words, at the byte with the code: some proxies leave out the rest.
#[test]
fn reply_codes() {
    for (code, words) in [
        (1, "general SOCKS server failure"),
        (2, "connection not allowed by ruleset"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "TTL expired"),
        (7, "command not supported"),
        (8, "address type not supported"),
        (9, "unassigned"),
        (255, "unassigned"),
    ] {
        let error = error(tunnel(), &[5, 0, 5, code]);
        assert_eq!(error, TunnelError::Reply(code));
        let text = error.to_string();
        assert!(text.starts_with(&format!("the proxy answered with SOCKS reply {code} ({words})")), "{text}");
        assert!(text.ends_with("(RFC 1928 §6)"), "{text}");
    }
}

/// A password that is required, refused, or of no use.
#[test]
fn authentication() {
    assert_eq!(error(tunnel(), &[5, 0xFF]), TunnelError::CredentialsRequired);
    assert_eq!(error(tunnel(), &[5, 2]), TunnelError::CredentialsRequired);
    assert_eq!(error(with_password(), &[5, 0xFF]), TunnelError::Method(0xFF));
    for given in [tunnel(), with_password()] {
        assert_eq!(error(given, &[5, 1]), TunnelError::Method(1));
    }
    for status in [1, 0xFF] {
        assert_eq!(error(with_password(), &[5, 2, 1, status]), TunnelError::CredentialsRefused);
    }
    // Some proxies close the connection instead of an answer.
    assert_eq!(error_at_end(with_password(), &[5, 2]), TunnelError::CredentialsRefused);
    for (error, text) in [
        (TunnelError::CredentialsRequired, "the proxy requires a user name and a password: write them in its URI"),
        (TunnelError::CredentialsRefused, "the proxy did not accept the user name and the password (RFC 1929 §2)"),
        (TunnelError::Method(0xFF), "the proxy accepts neither a user name and a password nor a client without them"),
        (TunnelError::Method(1), "the proxy requires authentication by method 1, which is not supported (RFC 1928 §3)"),
    ] {
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

/// Other protocols are recognised by their first byte.
#[test]
fn other_protocols() {
    for (answer, hint) in [
        (&b"\0\x5A\0\0"[..], "it seems to be a SOCKS4 proxy, which is not supported"),
        (b"\x04", "it seems to be a SOCKS4 proxy"),
        (b"HTTP/1.1 400 Bad Request", "it seems to be an HTTP proxy, so begin its URI with http://"),
        (b"\x15\x03", "it seems to use TLS, which is supported for HTTP proxies only"),
        (b"SSH", "check its port"),
    ] {
        let error = error(tunnel(), answer);
        assert_eq!(error, TunnelError::NotSocks5(answer[0]));
        assert!(error.to_string().contains(hint), "{error}");
    }
    assert_eq!(error(tunnel(), &[5, 0, 4]), TunnelError::NotSocks5(4), "in the reply, too");
}

#[test]
fn end_of_stream() {
    assert_eq!(error_at_end(tunnel(), &[]), TunnelError::EndOfStream { received: 0 });
    assert_eq!(error_at_end(tunnel(), &[5]), TunnelError::EndOfStream { received: 1 });
    assert_eq!(error_at_end(tunnel(), &[5, 0, 5]), TunnelError::EndOfStream { received: 3 });
}

/// The length of a name is one byte.
#[test]
fn long_names() {
    let fits = "a".repeat(255);
    assert!(Tunnel::new(&proxy("socks5h://h"), Target::Name(&fits, 80)).is_ok());
    let error = Tunnel::new(&proxy("socks5h://h"), Target::Name(&format!("{fits}a"), 80)).unwrap_err();
    assert!(error.to_string().contains("use a name of at most 255 bytes, or an address"), "{error}");
}
