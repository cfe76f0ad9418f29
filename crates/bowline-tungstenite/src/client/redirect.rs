use super::request::host;
use crate::{
    error::Result,
    handshake::client::{Request, Response, generate_key},
    stream::Mode,
    uri::{host_and_port, uri_mode},
};
use http::{Uri, header, uri::PathAndQuery};

/// Returns the request to the location of a redirect. `None` if it must not be followed.
pub(super) fn follow(mut request: Request, response: &Response) -> Result<Option<Request>> {
    let Some(location) = response.headers().get(header::LOCATION) else { return Ok(None) };
    let from = request.uri();
    let to = resolve(from, location.to_str()?)?;
    if let (Mode::Tls, Mode::Plain) = (uri_mode(from)?, uri_mode(&to)?) {
        return Ok(None);
    }
    let is_elsewhere = host_and_port(from)? != host_and_port(&to)?;
    let host = host(&to)?;
    let fields = request.headers_mut();
    if is_elsewhere {
        fields.remove(header::AUTHORIZATION);
        fields.remove(header::COOKIE);
    }
    // These credentials are for a proxy, and `connect` uses none.
    fields.remove(header::PROXY_AUTHORIZATION);
    fields.insert(header::HOST, host);
    fields.insert(header::SEC_WEBSOCKET_KEY, generate_key().parse()?);
    *request.uri_mut() = to;
    Ok(Some(request))
}

/// Resolves a location, which can be a path, against the URI that was requested (RFC 9110 §10.2.2). The schemes `http` and `https`
/// mean `ws` and `wss`.
fn resolve(base: &Uri, location: &str) -> Result<Uri> {
    let location: Uri = match location.strip_prefix("//") {
        Some(rest) => format!("{}://{rest}", base.scheme_str().unwrap_or_default()).parse()?,
        None => beside(base, location).parse()?,
    };
    let mut parts = location.into_parts();
    let base = base.clone().into_parts();
    parts.scheme = match parts.scheme.as_ref().map(http::uri::Scheme::as_str) {
        Some("http") => Some("ws".parse()?),
        Some("https") => Some("wss".parse()?),
        Some(_) => parts.scheme,
        None => base.scheme,
    };
    parts.authority = parts.authority.or(base.authority);
    parts.path_and_query = parts.path_and_query.or(Some(PathAndQuery::from_static("/")));
    Ok(Uri::from_parts(parts).map_err(http::Error::from)?)
}

/// Makes a relative path absolute: it replaces what follows the last `/` of the path that was requested.
fn beside(base: &Uri, location: &str) -> String {
    let has_scheme = location.split_once("://").is_some_and(|(scheme, _)| !scheme.contains(['/', '?', '#']));
    let is_absolute = location.starts_with('/') || has_scheme;
    match base.path().rsplit_once('/') {
        _ if is_absolute => location.to_owned(),
        _ if location.starts_with('?') => format!("{}{location}", base.path()),
        Some((folder, _)) => format!("{folder}/{location}"),
        None => format!("/{location}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::IntoClientRequest;

    /// The URI of the next request, with whether it has the credentials of the first.
    fn followed(from: &str, location: &str) -> Option<(String, bool)> {
        let mut request = from.into_client_request().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, "Bearer x".parse().unwrap());
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, "Basic x".parse().unwrap());
        let mut response = Response::new(None);
        response.headers_mut().insert(header::LOCATION, location.parse().unwrap());
        let next = follow(request, &response).unwrap()?;
        assert!(!next.headers().contains_key(header::PROXY_AUTHORIZATION));
        Some((next.uri().to_string(), next.headers().contains_key(header::AUTHORIZATION)))
    }

    /// Encryption is never given up, and another host, port or scheme is another server.
    #[test]
    fn what_is_safe_to_follow() {
        for (from, location, expected) in [
            ("wss://a/x", "ws://a/y", None),
            ("wss://a/x", "http://a/y", None),
            ("wss://a/x", "https://a/y", Some(("wss://a/y", true))),
            ("wss://a/x", "wss://a:443/y", Some(("wss://a:443/y", true))),
            ("wss://a/x", "//b/y", Some(("wss://b/y", false))),
            ("ws://a/x", "wss://a/x", Some(("wss://a/x", false))),
            ("ws://a/x", "ws://a:81/x", Some(("ws://a:81/x", false))),
            ("ws://[::1]/x", "/y?z", Some(("ws://[::1]/y?z", true))),
            // A URL in the query does not make a location absolute.
            ("ws://a/x/y", "login?next=ws://b/", Some(("ws://a/x/login?next=ws://b/", true))),
            ("ws://a/x/y", "?next=ws://b/", Some(("ws://a/x/y?next=ws://b/", true))),
            ("ws://a/x/y", "z/ws://b/", Some(("ws://a/x/z/ws://b/", true))),
        ] {
            let expected = expected.map(|(uri, credentials)| (uri.to_owned(), credentials));
            assert_eq!(followed(from, location), expected, "{from} to {location}");
        }
    }
}
