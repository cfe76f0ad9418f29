//! The dialogue with a proxy.

use super::{Transport, dial::Clock, layer::Layer, transport::is_timeout};
use crate::{
    Input,
    adapter::route::tunnel_io_error,
    proxy::{Tunnel, TunnelError, TunnelProgress},
};
use std::io::{self, Read, Write};

/// Makes the dialogue over a stream that is connected to the proxy, within the time of the clock.
pub(super) fn open(stream: &mut Layer, mut tunnel: Tunnel, clock: Clock) -> io::Result<()> {
    let opened = run(stream, &mut tunnel, clock);
    opened.map_err(|error| match tunnel.receive_eof() {
        // It has refused already, and then its explanation did not arrive in time.
        TunnelProgress::Failed(refused @ TunnelError::Status { .. }) => tunnel_io_error(refused),
        _ => error,
    })
}

fn run(stream: &mut Layer, tunnel: &mut Tunnel, clock: Clock) -> io::Result<()> {
    loop {
        while !tunnel.output().is_empty() {
            within(stream, clock, |stream| tunnel.output().write_to(stream))?;
        }
        within(stream, clock, Write::flush)?;
        // Byte by byte, so that nothing is read that belongs to the server. The answers are short.
        let mut byte = [0];
        let progress = match within(stream, clock, |stream| stream.read(&mut byte))? {
            0 => tunnel.receive_eof(),
            _ => tunnel.receive(&mut Input::from(&mut byte)),
        };
        match progress {
            TunnelProgress::Incomplete => {}
            TunnelProgress::Open => return Ok(()),
            TunnelProgress::Failed(error) => return Err(tunnel_io_error(error)),
        }
    }
}

/// Repeats a call that was interrupted, until the deadline.
fn within<T>(stream: &mut Layer, clock: Clock, mut call: impl FnMut(&mut Layer) -> io::Result<T>) -> io::Result<T> {
    loop {
        stream.set_timeout(clock.timeout()?)?;
        match call(stream) {
            Err(error) if is_timeout(&error) => {}
            result => return result,
        }
    }
}
