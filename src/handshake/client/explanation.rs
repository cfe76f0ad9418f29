use super::Response;
use crate::handshake::{
    http1::{grammar, shown},
    status,
};
use alloc::string::String;
use core::fmt;

/// How much of the first line of a body an error shows, in characters.
const MAX_LINE: usize = 200;

/// What a response that refuses explains besides its status, for the text of an error.
pub(crate) struct Explanation<'a>(pub(crate) &'a Response);

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(response) = self;
        if let Some(reason) = reason(response) {
            write!(f, "; the reason is \"{}\"", grammar::excerpt(reason))?;
        }
        if let Some(location) = response.header("Location") {
            write!(f, "; Location: {}", shown::uri(location))?;
        }
        for name in ["WWW-Authenticate", "Proxy-Authenticate", "Retry-After"] {
            if let Some(value) = response.header(name) {
                write!(f, "; {name}: {}", grammar::excerpt(value))?;
            }
        }
        match beginning(response.body()) {
            Some(line) => write!(f, "; the body begins with {line:?}"),
            None => Ok(()),
        }
    }
}

/// Returns the reason phrase of the status line, if the server has one of its own.
fn reason(response: &Response) -> Option<&[u8]> {
    let mut words = response.fields.first_line().splitn(3, |&byte| byte == b' ');
    let reason = words.nth(2)?.trim_ascii();
    let is_usual = reason.eq_ignore_ascii_case(status::phrase(response.status()).as_bytes());
    (!reason.is_empty() && !is_usual).then_some(reason)
}

/// Returns the first line of a body that is not empty, unless it is markup.
fn beginning(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).filter(|line| !line.starts_with('<'))?;
    Some(line.chars().take(MAX_LINE).collect())
}
