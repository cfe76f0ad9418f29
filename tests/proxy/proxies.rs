//! Which proxy is used for which request. How the environment is read is tested beside the code, since a test cannot safely change
//! the environment of its process.

use crate::kit::proxy;
use bowline::{client::Request, proxy::Proxies};

fn is_direct(no_proxy: &str, uri: &str) -> bool {
    let proxies = Proxies::always(proxy("http://proxy:1")).no_proxy(no_proxy);
    let proxy = proxies.select(&Request::from_uri(uri).unwrap()).unwrap();
    proxy.is_none_or(|proxy| proxy.host() != "proxy")
}

#[test]
fn none_and_always() {
    let request = Request::from_uri("ws://h/").unwrap();
    assert_eq!(Proxies::none().select(&request), Ok(None));
    assert_eq!(Proxies::none().no_proxy("x").select(&request), Ok(None));
    for uri in ["ws://localhost/", "wss://h/", "ws://[::1]/"] {
        assert!(!is_direct("", uri));
    }
}

/// The rules of curl: names with their subdomains, addresses and networks. Ports besides.
#[test]
fn no_proxy() {
    for (list, uri, expected) in [
        ("*", "ws://h/", true),
        ("x, *", "ws://h/", true),
        ("example.com", "ws://example.com/", true),
        ("example.com", "ws://EXAMPLE.com/", true),
        ("EXAMPLE.com", "wss://www.example.com/", true),
        ("example.com", "ws://a.b.example.com:81/", true),
        ("example.com", "ws://nonexample.com/", false),
        ("example.com", "ws://example.com.other/", false),
        ("example.com", "ws://com/", false),
        (".example.com", "ws://example.com/", true),
        (".example.com", "ws://www.example.com/", true),
        (".example.com", "ws://nonexample.com/", false),
        ("*.example.com", "ws://www.example.com/", true),
        ("example.com.", "ws://example.com/", true),
        ("example.com", "ws://example.com./", true),
        (".", "ws://example.com/", false),
        ("a,b", "ws://b/", true),
        ("a b", "ws://b/", true),
        (" a ,\t b ", "ws://b/", true),
        ("a,,b,", "ws://c/", false),
        ("192.0.2.7", "ws://192.0.2.7/", true),
        ("192.0.2.7", "ws://192.0.2.70/", false),
        ("2.7", "ws://192.0.2.7/", false),
        ("192.0.2.0/24", "ws://192.0.2.7/", true),
        ("192.0.2.0/24", "ws://192.0.3.7/", false),
        ("192.0.2.7/32", "ws://192.0.2.7/", true),
        ("192.0.2.7/31", "ws://192.0.2.6/", true),
        ("192.0.2.7/33", "ws://192.0.2.7/", false),
        ("0.0.0.0/0", "ws://192.0.2.7/", true),
        ("0.0.0.0/0", "ws://h/", false),
        ("0.0.0.0/0", "ws://[::1]/", false),
        ("::1", "ws://[::1]/", true),
        ("[::1]", "ws://[::1]/", true),
        ("::1", "ws://[::2]/", false),
        ("fd00::/8", "ws://[fd12::1]/", true),
        ("[fd00::]/8", "ws://[fd12::1]/", true),
        ("fd00::/8", "ws://[fe80::1]/", false),
        ("fe80::/10", "ws://[fe80::1%25eth0]/", true),
        ("0:0:0:0:0:0:0:1", "ws://[::1]/", true),
        ("example.com:81", "ws://example.com:81/", true),
        ("example.com:81", "ws://example.com/", false),
        ("example.com:443", "wss://www.example.com/", true),
        ("192.0.2.7:81", "ws://192.0.2.7:81/", true),
        ("192.0.2.7:81", "ws://192.0.2.7/", false),
        ("[::1]:81", "ws://[::1]:81/", true),
        ("[::1]:81", "ws://[::1]/", false),
        ("example.com:x", "ws://example.com/", false),
        ("127.0.0.1", "ws://localhost/", false),
    ] {
        assert_eq!(is_direct(list, uri), expected, "{list} for {uri}");
    }
}

/// A later list replaces the first.
#[test]
fn the_last_list_counts() {
    let proxies = Proxies::always(proxy("http://proxy:1")).no_proxy("a").no_proxy("b");
    let is_direct = |uri: &str| proxies.select(&Request::from_uri(uri).unwrap()).unwrap().is_none();
    assert!(!is_direct("ws://a/") && is_direct("ws://b/"));
}
