//! Servers that send each message to all connections. It is encoded once, as far as the API of a subject allows that.

mod on_mio;
mod on_tokio;
mod raw;

use std::io;

pub(crate) fn run(subject: &str) -> io::Result<()> {
    match subject {
        "raw" => raw::run(),
        "mio" => on_mio::run(),
        _ => on_tokio::run(subject),
    }
}
