//! What both adapters decide alike about a connection and its stream.

use super::Error;
use crate::{Closure, Connection, HandshakeError, server};
use alloc::boxed::Box;
use core::time::Duration;
use std::io;

/// How long a client waits for the body of an answer that refuses.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// The error to return for the way in which a connection ended: none after a normal end.
pub(super) fn of(connection: &Connection) -> Result<(), Error> {
    match connection.closure() {
        Some(closure) if !closure.is_normal() => Err(Error::Closed(Box::new(closure.clone()))),
        _ => Ok(()),
    }
}

/// Whether what was queued on a connection is written, once its output is empty. After a clean end it is, since the Close frame is
/// the last thing that is written. After any other end some of the output may have been discarded.
pub(super) fn is_written(connection: &Connection) -> Result<(), Error> {
    if connection.closure().is_some_and(Closure::is_clean) { Ok(()) } else { of(connection) }
}

/// Reports to the connection that reading failed, and returns the error to return for it. If writing had failed before, that is
/// the cause.
pub(super) fn read_failed(
    connection: &mut Connection,
    error: io::Error,
    write_failure: Option<io::ErrorKind>,
) -> Result<(), Error> {
    // Once it is certain how the connection ended, a reset is only a rough end of the stream.
    let is_settled = connection.closure().is_some();
    connection.transport_failed();
    if is_settled { Ok(()) } else { Err(write_failure.map_or(error, io::Error::from).into()) }
}

/// What `close` returns once the connection is over.
pub(super) fn closure(connection: &Connection) -> Result<Closure, Error> {
    // There is none only if the stream failed before anything was said about an end.
    connection.closure().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
}

/// The error to return for an opening handshake that was answered with `refusal`.
pub(super) fn refused(refusal: &server::Refusal) -> Error {
    match refusal.error() {
        Some(error) => Error::Handshake { error: HandshakeError::clone(error), response: None },
        None => Error::Refused(refusal.status()),
    }
}

/// How long a client waits for the body of an answer that refuses, when so much of the deadline for the handshake has elapsed.
pub(super) fn body_timeout(deadline: Option<Duration>, elapsed: Duration) -> Duration {
    deadline.map_or(BODY_TIMEOUT, |deadline| deadline.saturating_sub(elapsed).min(BODY_TIMEOUT))
}
