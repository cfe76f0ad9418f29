//! `Retry-After`: how long a server asks a client to wait.

use crate::client::Response;
use core::{str, time::Duration};
use std::time::SystemTime;

/// Returns the time in the response's `Retry-After`: "either an HTTP-date or a number of seconds to delay after the response is
/// received" (RFC 9110 §10.2.3). `None` if there is none, or if it is not valid.
///
/// A date counts from the response's `Date`, so that the clock of this computer may be wrong. `now` is asked if there is no
/// `Date`.
pub(super) fn retry_after(response: &Response, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    let value = text(response, "Retry-After")?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        // The digits of a number that is too large stand for a time that no cap allows.
        return (!value.is_empty()).then(|| Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let from = text(response, "Date").and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(now);
    Some(date.duration_since(from).unwrap_or_default())
}

fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    str::from_utf8(response.header(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Config,
        client::{Handshake, Progress, Request},
    };
    use alloc::format;

    fn refused_with(fields: &str) -> Response {
        let mut handshake = Handshake::new(Request::from_uri("ws://localhost/").unwrap(), Config::default());
        let mut bytes = format!("HTTP/1.1 503 Service Unavailable\r\n{fields}\r\n").into_bytes();
        let Progress::Refused(_, Some(response)) = handshake.receive(&mut (&mut bytes).into()) else { panic!() };
        response
    }

    /// Seconds, and the three formats of a date, which counts from that of the response, or from the clock.
    #[test]
    fn seconds_and_dates() {
        let noon = || httpdate::parse_http_date("Sun, 06 Nov 1994 12:00:00 GMT").unwrap();
        let date = "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\n";
        for (fields, expected) in [
            ("", None),
            ("Retry-After: 120\r\n", Some(120)),
            ("Retry-After: 0\r\n", Some(0)),
            ("Retry-After: 99999999999999999999999\r\n", Some(u64::MAX)),
            ("Retry-After: \r\n", None),
            ("Retry-After: -1\r\n", None),
            ("Retry-After: soon\r\n", None),
            ("Retry-After: fünf\r\n", None),
            ("Retry-After: Sun, 06 Nov 1994 12:00:37 GMT\r\n", Some(37)),
            ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some(0)), // in the past
            (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), Some(37)),
            (&format!("{date}Retry-After: Sunday, 06-Nov-94 08:49:37 GMT\r\n"), Some(37)),
            (&format!("{date}Retry-After: Sun Nov  6 08:49:37 1994\r\n"), Some(37)),
            (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:48:00 GMT\r\n"), Some(0)),
            ("Date: now\r\nRetry-After: Sun, 06 Nov 1994 12:01:00 GMT\r\n", Some(60)),
        ] {
            assert_eq!(retry_after(&refused_with(fields), noon), expected.map(Duration::from_secs), "{fields:?}");
        }
    }
}
