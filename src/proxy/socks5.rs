//! A tunnel by SOCKS5 (RFC 1928), with a user name and a password if wanted (RFC 1929).

use super::{TunnelError, target::Host};
use crate::{Input, handshake::http1::credentials::Credentials};
use alloc::vec::Vec;
use core::net::IpAddr;

/// VER of the messages of RFC 1928.
const VERSION: u8 = 5;

/// VER of the messages of RFC 1929.
const AUTHENTICATION_VERSION: u8 = 1;

/// Methods (RFC 1928 §3).
mod method {
    pub(super) const NONE: u8 = 0;
    pub(super) const PASSWORD: u8 = 2;
    pub(super) const NOT_ACCEPTABLE: u8 = 0xFF;
}

/// CMD (RFC 1928 §4).
const CONNECT: u8 = 1;

/// ATYP (RFC 1928 §5).
mod address_type {
    pub(super) const V4: u8 = 1;
    pub(super) const NAME: u8 = 3;
    pub(super) const V6: u8 = 4;
}

/// Receives the proxy's messages, and returns what to send in answer.
pub(super) struct Socks5 {
    stage: Stage,
    /// The message that is arriving.
    message: Vec<u8>,
    /// The number of bytes received in all messages.
    taken: usize,
    credentials: Option<Credentials>,
    /// The request, which is sent after authentication.
    request: Vec<u8>,
}

/// The message that is awaited.
#[derive(Clone, Copy)]
enum Stage {
    /// VER, METHOD (RFC 1928 §3).
    Method,
    /// VER, STATUS (RFC 1929 §2).
    Authentication,
    /// VER, REP, RSV, ATYP, BND.ADDR, BND.PORT (RFC 1928 §6).
    Reply,
}

/// What to do after a byte.
pub(super) enum Step {
    Read,
    Write(Vec<u8>),
    Open,
}

impl Socks5 {
    /// Also returns the first message to send.
    pub(super) fn new(host: &Host<'_>, port: u16, credentials: Option<Credentials>) -> (Self, Vec<u8>) {
        let greeting = match credentials {
            None => [VERSION, 1, method::NONE].to_vec(),
            // A proxy that needs no password may then choose so.
            Some(_) => [VERSION, 2, method::NONE, method::PASSWORD].to_vec(),
        };
        let request = request(host, port);
        (Self { stage: Stage::Method, message: Vec::new(), taken: 0, credentials, request }, greeting)
    }

    /// Consumes bytes up to the end of a message. With [`Step::Read`], all input was consumed.
    pub(super) fn receive(&mut self, input: &mut Input<'_>) -> Result<Step, TunnelError> {
        // Byte by byte, so that an error comes at the same byte however the input is split. There are at most 266.
        while let [byte] = input.take(1) {
            self.message.push(*byte);
            self.taken += 1;
            match self.advance()? {
                Step::Read => {}
                step => return Ok(step),
            }
        }
        Ok(Step::Read)
    }

    fn advance(&mut self) -> Result<Step, TunnelError> {
        match (self.stage, &*self.message) {
            // Some proxies answer with another version to a password, as curl has found, so that is not checked.
            (Stage::Method | Stage::Reply, [version]) if *version != VERSION => Err(TunnelError::NotSocks5(*version)),
            (Stage::Method, [_, method]) => self.authenticate(*method),
            (Stage::Authentication, [_, 0]) => Ok(self.ask()),
            (Stage::Authentication, [_, _]) => Err(TunnelError::CredentialsRefused),
            // A failed reply may end here, whatever the RFC says about its other fields.
            (Stage::Reply, [_, code]) if *code != 0 => Err(TunnelError::Reply(*code)),
            (Stage::Reply, [_, _, _, kind, rest @ ..]) => Ok(match bound_len(*kind, rest)? {
                Some(len) if len == rest.len() => Step::Open,
                _ => Step::Read,
            }),
            _ => Ok(Step::Read),
        }
    }

    /// Answers the choice of a method.
    fn authenticate(&mut self, chosen: u8) -> Result<Step, TunnelError> {
        match (chosen, &self.credentials) {
            (method::NONE, _) => Ok(self.ask()),
            (method::PASSWORD, Some(credentials)) => {
                let message = password(credentials);
                self.expect(Stage::Authentication);
                Ok(Step::Write(message))
            }
            (method::NOT_ACCEPTABLE | method::PASSWORD, None) => Err(TunnelError::CredentialsRequired),
            _ => Err(TunnelError::Method(chosen)),
        }
    }

    /// Asks for the tunnel.
    fn ask(&mut self) -> Step {
        self.expect(Stage::Reply);
        Step::Write(core::mem::take(&mut self.request))
    }

    fn expect(&mut self, stage: Stage) {
        self.stage = stage;
        self.message.clear();
    }

    /// Returns the error for the end of the proxy's stream.
    pub(super) fn receive_eof(&self) -> TunnelError {
        match self.stage {
            // "If [...] a failure (STATUS value other than X'00') [...] it MUST close the connection" (RFC 1929 §2): some close it
            // at once.
            Stage::Authentication => TunnelError::CredentialsRefused,
            Stage::Method | Stage::Reply => TunnelError::EndOfStream { received: self.taken },
        }
    }
}

/// Returns the length of BND.ADDR and BND.PORT together. `None` if it is not known yet.
fn bound_len(kind: u8, rest: &[u8]) -> Result<Option<usize>, TunnelError> {
    const PORT: usize = 2;
    match kind {
        address_type::V4 => Ok(Some(4 + PORT)),
        address_type::V6 => Ok(Some(16 + PORT)),
        address_type::NAME => Ok(rest.first().map(|len| 1 + usize::from(*len) + PORT)),
        _ => Err(TunnelError::AddressType(kind)),
    }
}

/// VER, ULEN, UNAME, PLEN, PASSWD (RFC 1929 §2).
fn password(Credentials { user, password }: &Credentials) -> Vec<u8> {
    let mut message = [AUTHENTICATION_VERSION].to_vec();
    push_with_len(&mut message, user);
    push_with_len(&mut message, password);
    message
}

/// VER, CMD, RSV, ATYP, DST.ADDR, DST.PORT (RFC 1928 §4).
fn request(host: &Host<'_>, port: u16) -> Vec<u8> {
    let mut message = [VERSION, CONNECT, 0].to_vec();
    match host {
        Host::Ip(IpAddr::V4(address)) => {
            message.push(address_type::V4);
            message.extend_from_slice(&address.octets());
        }
        Host::Ip(IpAddr::V6(address)) => {
            message.push(address_type::V6);
            message.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            message.push(address_type::NAME);
            push_with_len(&mut message, name.as_bytes());
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    message
}

/// Appends a text of at most 255 bytes, which was checked before.
fn push_with_len(message: &mut Vec<u8>, text: &[u8]) {
    message.push(crate::bug::OrBug::or_bug(u8::try_from(text.len())));
    message.extend_from_slice(text);
}
