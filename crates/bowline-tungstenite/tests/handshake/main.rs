//! The opening handshake. What is in `same` runs against the originals and against this crate, with the same text.

#![expect(clippy::duplicate_mod, reason = "the same tests for two libraries")]
#![expect(clippy::result_large_err, reason = "the response that refuses is large in the original, too")]

#[cfg(test)]
mod kit;
#[cfg(test)]
mod original;
#[cfg(test)]
mod ours;
