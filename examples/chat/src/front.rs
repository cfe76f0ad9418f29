//! Answers plain HTTP requests on the same port: with the page, or with an error status.

use super::hosts::{Hosts, MISDIRECTED};
use bowline::{
    HeaderError,
    server::{PlainRequest, Refusal},
};
use std::fmt::Write;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// Answers a request that does not ask for a WebSocket.
pub(crate) fn respond(request: PlainRequest, hosts: &Hosts, entropy: fn() -> [u8; 4]) -> Option<Refusal> {
    let answer = match (request.method(), request.path()) {
        _ if !hosts.contain(request.host()) => text(request, 421, MISDIRECTED),
        ("GET" | "HEAD", "/") => page(request, entropy),
        ("GET" | "HEAD", _) => text(request, 404, "not found: the chat is at /\n"),
        _ => return Some(request.into_refusal()), // with status 405
    };
    answer.ok() // the fields are valid, so there is no error
}

/// Returns the page. Its policy allows only its own script and style, which carry a random nonce: a script that somebody
/// injects with a message cannot have it.
fn page(request: PlainRequest, entropy: fn() -> [u8; 4]) -> Result<Refusal, HeaderError> {
    let mut nonce = String::new();
    for byte in [entropy(), entropy(), entropy(), entropy()].as_flattened() {
        let _ = write!(nonce, "{byte:02x}"); // writing to a string cannot fail
    }
    let body = PAGE.replace("NONCE", &nonce).replace("STYLE", STYLE);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    with_fields(request.respond(200, body), "text/html; charset=utf-8", &policy)
}

fn text(request: PlainRequest, status: u16, text: &str) -> Result<Refusal, HeaderError> {
    with_fields(request.respond(status, text), "text/plain; charset=utf-8", "default-src 'none'")
}

fn with_fields(answer: Refusal, kind: &str, policy: &str) -> Result<Refusal, HeaderError> {
    answer
        .header("Content-Type", kind)?
        .header("Content-Security-Policy", policy)?
        .header("X-Content-Type-Options", "nosniff")?
        .header("Referrer-Policy", "no-referrer")?
        .header("Cache-Control", "no-store")
}
