use bowline::client::{Request, RequestError, Response};
use cookie_store::{CookieStore, RawCookie};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

/// A cookie jar for any number of connections. A clone is the same jar.
///
/// Cookies of a web page that is loaded with an HTTP library belong in the same jar: `CookieStore` can be filled and saved by other
/// code, too. A client that connects to servers that do not trust each other should give it a list of public suffixes
/// (`CookieStore::with_suffix_list`), so that none of them can set cookies for all of `example`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(Arc<Mutex<CookieStore>>);

impl Jar {
    /// Adds the cookies that belong to the request: for `ConnectOptions::before_request`.
    pub(crate) fn add(&self, request: Request) -> Result<Request, RequestError> {
        let Some(url) = url(&request) else { return Ok(request) };
        let cookies: Vec<_> =
            self.store().get_request_values(&url).map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { Ok(request) } else { request.header("Cookie", cookies.join("; ")) }
    }

    /// Keeps the cookies of the response, whether it opens a connection, redirects or refuses: for `ConnectOptions::after_response`.
    pub(crate) fn keep(&self, request: &Request, response: &Response) {
        let Some(url) = url(request) else { return };
        let set_cookie = response.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
        let cookies = set_cookie.filter_map(|(_, value)| RawCookie::parse(str::from_utf8(value).ok()?.to_owned()).ok());
        self.store().store_response_cookies(cookies, &url);
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URL whose cookies a request has: those of `ws` are those of `http` (RFC 6265 §5.4), and a cookie that is `Secure` is only
/// sent with `wss`.
fn url(request: &Request) -> Option<Url> {
    let scheme = if request.is_secure() { "https" } else { "http" };
    let (host, port) = (request.host(), request.port());
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Url::parse(&format!("{scheme}://{host}:{port}{}", request.path_and_query())).ok()
}
