//! The opening handshake. What is in `same` runs against the originals and against this crate, with the same text.

#[cfg(test)]
mod kit;
#[cfg(test)]
mod original;
#[cfg(test)]
mod ours;
