//! The statuses of HTTP.

/// Returns the reason phrase (RFC 9110 §15, RFC 6585). It is empty for other statuses, which HTTP allows.
pub(crate) fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// What a status of a server usually means, and what to do.
pub(crate) fn advice(status: u16) -> &'static str {
    match status {
        200..=299 => ", as for a web page: this is not a WebSocket endpoint, so check the path",
        301 | 302 | 303 | 307 | 308 => {
            ": redirects are followed only if ConnectOptions::follow_redirects allows it; otherwise connect to the URI in the header \
             Location"
        }
        400 | 426 => ": it did not recognise a WebSocket handshake, so check the path, and the proxies in between",
        401 | 407 => ": it requires credentials",
        403 => ": it may require credentials, or another Origin",
        404 | 410 => ": check the path",
        429 => ": wait before the next attempt",
        500 | 502..=504 => ": it failed, or another server behind it, so try again later",
        _ => "",
    }
}
