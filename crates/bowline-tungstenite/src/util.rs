//! Traits for non-blocking streams, as in tungstenite.

use crate::Error;
use std::io;

/// An error that may mean that the stream is not ready.
pub trait NonBlockingError: Sized {
    /// Returns `None` for [`WouldBlock`](io::ErrorKind::WouldBlock), and every other error unchanged.
    fn into_non_blocking(self) -> Option<Self>;
}

impl NonBlockingError for io::Error {
    fn into_non_blocking(self) -> Option<Self> {
        Some(self).filter(|error| error.kind() != io::ErrorKind::WouldBlock)
    }
}

impl NonBlockingError for Error {
    fn into_non_blocking(self) -> Option<Self> {
        match self {
            Self::Io(error) => error.into_non_blocking().map(Self::Io),
            other => Some(other),
        }
    }
}

/// A result of a call on a stream that may not be ready.
pub trait NonBlockingResult {
    /// The result with an `Option` inside.
    type Result;

    /// Turns [`WouldBlock`](io::ErrorKind::WouldBlock) into `Ok(None)`.
    ///
    /// # Errors
    ///
    /// Returns every other error.
    fn no_block(self) -> Self::Result;
}

impl<T, E: NonBlockingError> NonBlockingResult for Result<T, E> {
    type Result = Result<Option<T>, E>;

    fn no_block(self) -> Self::Result {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) => error.into_non_blocking().map_or(Ok(None), Err),
        }
    }
}
