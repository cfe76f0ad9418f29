//! What else is served on the port: one page.
//!
//! The handshake judges every request. A plain GET is one that it refuses because the field Upgrade is missing, and
//! nothing else was wrong before that; only then the path is looked at.

use super::{
    hosts::{ELSEWHERE, Hosts},
    terminal::Log,
};
use bowline::{HandshakeError, server::Refusal};
use bytes::{Buf, Bytes};
use std::fmt::Write;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The page, if it was asked for.
pub(crate) fn answer(
    refusal: Refusal,
    head: &[u8],
    hosts: &Hosts,
    log: &Log,
    entropy: fn() -> [u8; 4],
) -> Box<dyn Buf> {
    let is_plain = refusal.error() == Some(&HandshakeError::Missing("Upgrade"));
    match target(head) {
        Some((_, host)) if is_plain && !hosts.contain(&host) => Box::new(words("421 Misdirected Request", ELSEWHERE)),
        Some((path, _)) if is_plain && path == "/" => Box::new(page(entropy)),
        Some(_) if is_plain => Box::new(words("404 Not Found", "there is nothing here: the chat is at /\n")),
        _ if head.is_empty() => Box::new(refusal), // browsers connect ahead of need, and may not need it
        _ => {
            let why = refusal.error().map(ToString::to_string);
            log.line(format!("! turned away with {}: {}", refusal.status(), why.unwrap_or_default()));
            Box::new(refusal)
        }
    }
}

/// Path and host.
fn target(head: &[u8]) -> Option<(String, String)> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut fields);
    request.parse(head).ok()?;
    let path = request.path?.split('?').next()?;
    let host = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case("host"))?;
    Some((path.into(), String::from_utf8_lossy(host.value).into_owned()))
}

/// Its own script and style run, as they have a number that nobody could know before, and nothing else does: not what
/// somebody might have smuggled into a message.
fn page(entropy: fn() -> [u8; 4]) -> Bytes {
    let mut nonce = String::new();
    for byte in [entropy(), entropy(), entropy(), entropy()].as_flattened() {
        let _ = write!(nonce, "{byte:02x}"); // a string takes all
    }
    let body = PAGE.replace("NONCE", &nonce).replace("STYLE", STYLE);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    response("200 OK", "text/html; charset=utf-8", &policy, &body)
}

fn words(status: &str, words: &str) -> Bytes {
    response(status, "text/plain; charset=utf-8", "default-src 'none'", words)
}

fn response(status: &str, kind: &str, policy: &str, body: &str) -> Bytes {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: {policy}\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into()
}
