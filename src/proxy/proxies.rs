use super::{Proxy, ProxyUriError, no_proxy::NoProxy};
use crate::client::Request;
use alloc::string::String;
use std::env;

/// Chooses the proxy for each request: none, always the same, or the one of the environment, by the rules of curl.
///
/// # The variables of the environment
///
/// | for | variables, of which the first that is not empty counts |
/// |---|---|
/// | `ws://` | `ws_proxy`, `WS_PROXY`, `http_proxy`, `all_proxy`, `ALL_PROXY` |
/// | `wss://` | `wss_proxy`, `WSS_PROXY`, `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY` |
///
/// `HTTP_PROXY` is not read: a CGI program gets the request's header field `Proxy` in it.
///
/// `no_proxy`, or `NO_PROXY` if that is empty, lists the hosts without a proxy: see [`no_proxy`](Self::no_proxy). Local servers, such as
/// `localhost`, are no exception unless they are in this list.
///
/// ```
/// use bowline::{client::Request, proxy::{Proxies, Proxy}};
///
/// let proxies = Proxies::always(Proxy::from_uri("http://proxy.example:3128")?).no_proxy("localhost, internal.example");
/// let proxy = proxies.select(&Request::from_uri("wss://example.com/")?)?.unwrap();
/// assert_eq!((proxy.host(), proxy.port()), ("proxy.example", 3128));
/// assert!(proxies.select(&Request::from_uri("wss://chat.internal.example/")?)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("http_proxy", "https_proxy", "all_proxy", "environment"))]
#[derive(Clone, Debug)]
pub struct Proxies {
    plain: Choice,
    secure: Choice,
    no_proxy: NoProxy,
}

/// The proxy for a scheme. An invalid URI is an error only if it is used.
type Choice = Option<Result<Proxy, ProxyUriError>>;

impl Proxies {
    /// Reads the environment, in this call. Later changes of it have no effect.
    ///
    /// It cannot fail: an invalid value is reported by [`select`](Self::select), if it is used.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Uses no proxy, whatever the environment is.
    #[doc(alias("direct"))]
    #[must_use]
    pub fn none() -> Self {
        Self { plain: None, secure: None, no_proxy: NoProxy::parse("") }
    }

    /// Uses this proxy for every request, whatever the environment is. That includes `no_proxy`.
    #[must_use]
    pub fn always(proxy: Proxy) -> Self {
        Self { plain: Some(Ok(proxy.clone())), secure: Some(Ok(proxy)), ..Self::none() }
    }

    /// Sets the hosts that are reached without a proxy, instead of those in the variable `no_proxy`: a list separated by commas or
    /// blanks, of
    ///
    /// - names, such as `example.com`: they match the host and all its subdomains. A dot at the beginning makes no difference.
    /// - addresses, such as `192.0.2.7` or `2001:db8::1`, and networks, such as `10.0.0.0/8` or `fd00::/8`. They match a URI with such
    ///   an address, but not a name: it is not resolved for this.
    /// - `*`, which matches all hosts.
    ///
    /// Names and addresses can have a port, such as `localhost:8080` or `[::1]:8080`, and then match that port only. curl does not
    /// support this.
    #[must_use]
    pub fn no_proxy(self, hosts: &str) -> Self {
        Self { no_proxy: NoProxy::parse(hosts), ..self }
    }

    /// Returns the proxy for a request, or `None` to connect directly.
    ///
    /// # Errors
    ///
    /// [`ProxyUriError`] if the variable that counts is not a valid proxy.
    pub fn select(&self, request: &Request) -> Result<Option<Proxy>, ProxyUriError> {
        let choice = if request.is_secure() { &self.secure } else { &self.plain };
        match choice {
            Some(proxy) if !self.no_proxy.contains(request.host(), request.port()) => proxy.clone().map(Some),
            _ => Ok(None),
        }
    }

    /// Reads the environment through `variable`.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        // For curl, an empty variable is the same as none.
        let value = |name: &&'static str| variable(name).filter(|value| !value.is_empty());
        let choice = |names: &[&'static str]| {
            let (name, uri) = names.iter().find_map(|name| Some((*name, value(name)?)))?;
            Some(Proxy::from_uri(uri.trim()).map_err(|error| error.in_variable(name)))
        };
        let no_proxy = ["no_proxy", "NO_PROXY"].iter().find_map(value).unwrap_or_default();
        Self {
            plain: choice(&["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]),
            secure: choice(&["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            no_proxy: NoProxy::parse(&no_proxy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        format,
        string::{String, ToString},
        vec::Vec,
    };

    /// Which proxy is chosen in an environment with these variables.
    fn chosen(variables: &[(&str, &str)], uri: &str) -> String {
        let value = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).into());
        match Proxies::from_variables(value).select(&Request::from_uri(uri).unwrap()) {
            Ok(Some(proxy)) => format!("{proxy:?}"),
            Ok(None) => "direct".into(),
            Err(error) => error.to_string(),
        }
    }

    /// Each variable has precedence over those behind it, and is not used for the other scheme. An empty one counts as none.
    #[test]
    fn precedence() {
        let plain = ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
        let secure = ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        for (uri, other, names) in [("ws://h/", "wss://h/", &plain[..]), ("wss://h/", "ws://h/", &secure)] {
            for at in 0..names.len() {
                let set: Vec<_> = names[at..].iter().map(|name| (*name, format!("http://{name}:1"))).collect();
                let mut set: Vec<_> = set.iter().map(|(name, value)| (*name, &**value)).collect();
                assert_eq!(chosen(&set, uri), format!("http://{}:1", names[at]));
                set.truncate(1);
                let expected = if names[at].eq_ignore_ascii_case("all_proxy") { set[0].1 } else { "direct" };
                assert_eq!(chosen(&set, other), expected);
                if let Some(next) = names.get(at + 1) {
                    assert_eq!(chosen(&[(names[at], ""), (next, "http://next:1")], uri), "http://next:1");
                }
            }
        }
        assert_eq!(chosen(&[], "ws://h/"), "direct");
        assert_eq!(chosen(&[("HTTP_PROXY", "evil:1")], "ws://h/"), "direct", "a header field of a CGI request");
        assert_eq!(chosen(&[("http_proxy", " proxy:1\n")], "ws://h/"), "http://proxy:1");
    }

    #[test]
    fn hosts_without_a_proxy() {
        let with = |name, list| chosen(&[("all_proxy", "proxy:1"), (name, list), ("NO_PROXY", "upper")], "ws://h/");
        assert_eq!(with("no_proxy", "x,h"), "direct");
        assert_eq!(with("no_proxy", "x"), "http://proxy:1");
        assert_eq!(chosen(&[("all_proxy", "proxy:1"), ("NO_PROXY", "h")], "ws://h/"), "direct");
        assert_eq!(
            chosen(&[("all_proxy", "proxy:1"), ("NO_PROXY", "h"), ("no_proxy", "x")], "ws://h/"),
            "http://proxy:1"
        );
        assert_eq!(chosen(&[("all_proxy", "proxy:1"), ("NO_PROXY", "h"), ("no_proxy", "")], "ws://h/"), "direct");
    }

    /// An invalid value is an error only if it is used, with the name of the variable.
    #[test]
    fn values_that_are_not_valid() {
        let set = [("https_proxy", "ftp://me:secret@proxy"), ("no_proxy", "localhost")];
        assert_eq!(
            chosen(&set, "wss://h/"),
            "the environment variable https_proxy: \"ftp://...\" is not a valid proxy: it must begin with http://, https://, \
             socks5:// or socks5h://"
        );
        assert_eq!((chosen(&set, "ws://h/"), chosen(&set, "wss://localhost/")), ("direct".into(), "direct".into()));
    }

    /// Reading the real environment, whatever it has.
    #[test]
    fn the_environment() {
        let _ = Proxies::from_env().select(&Request::from_uri("ws://h/").unwrap());
    }
}
