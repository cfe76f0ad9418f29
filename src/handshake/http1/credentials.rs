use super::percent;
use alloc::{string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A user name and a password. Both are bytes, as in the credentials of Basic authentication (RFC 7617 §2). They are usually UTF-8.
///
/// It has no `Debug`, since all of it is secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

/// A user name or a password that Basic authentication cannot express, or an invalid percent-encoding of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidCredentials;

impl Credentials {
    /// "a user-id containing a colon character is invalid" and "The user-id and password MUST NOT contain any control characters"
    /// (RFC 7617 §2).
    pub(crate) fn new(user: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Result<Self, InvalidCredentials> {
        let (user, password) = (user.into(), password.into());
        let is_valid = !user.contains(&b':') && !user.iter().chain(&password).any(u8::is_ascii_control);
        is_valid.then_some(Self { user, password }).ok_or(InvalidCredentials)
    }

    /// Parses the user information of a URI: `user:password`, percent-encoded (RFC 3986 §3.2.1). `None` if both are empty.
    pub(crate) fn of_user_info(user_info: &str) -> Result<Option<Self>, InvalidCredentials> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let decode = |text: &str| percent::decode(text.as_bytes()).ok_or(InvalidCredentials);
        let credentials = Self::new(decode(user)?, decode(password)?)?;
        Ok(Some(credentials).filter(|credentials| !(credentials.user.is_empty() && credentials.password.is_empty())))
    }

    /// Returns the value of the field `Authorization` or `Proxy-Authorization` (RFC 7617 §2).
    pub(crate) fn basic(&self) -> String {
        let mut value = String::from("Basic ");
        STANDARD.encode_string([&*self.user, b":", &*self.password].concat(), &mut value);
        value
    }
}
