//! What both adapters decide alike about a connection and its stream.

use super::Error;
use crate::{Closure, Connection};
use alloc::boxed::Box;
use std::io;

/// The error to return for the way in which a connection ended: none after a normal end.
pub(super) fn outcome(connection: &Connection) -> Result<(), Error> {
    match connection.closure() {
        Some(closure) if !closure.is_normal() => Err(Error::Closed(Box::new(closure.clone()))),
        _ => Ok(()),
    }
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
