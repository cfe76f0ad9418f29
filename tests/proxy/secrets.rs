//! No secret in what `Debug` shows, in text or as bytes.

use crate::kit::{proxy, to};
use bowline::Input;
use std::fmt::Debug;

#[track_caller]
fn assert_none(value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // The last one is the password in base64.
        for secret in ["S3cr3t", "83, 51, 99", "UzNjcjN0"] {
            assert!(!flat.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_dialogue() {
    for uri in ["http://S3cr3t:S3cr3t@h", "https://S3cr3t:S3cr3t@h", "socks5h://S3cr3t:S3cr3t@h"] {
        assert_none(&proxy(uri));
        let mut tunnel = to(uri, "example.com", 443);
        assert_none(&tunnel);
        let mut chosen = [5, 2];
        assert_none(&tunnel.receive(&mut Input::from(&mut chosen)));
        assert_none(&tunnel);
        assert_none(&tunnel.receive_eof());
        #[cfg(feature = "std")]
        assert_none(&bowline::proxy::Proxies::always(proxy(uri)));
    }
}
