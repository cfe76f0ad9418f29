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
        // In small parts, so that nothing is read that belongs to the server. The answers are short.
        let mut buffer = [0; 16];
        let bytes = buffer.get_mut(..tunnel.read_len()).unwrap_or_default();
        let progress = match within(stream, clock, |stream| stream.read(bytes))? {
            0 => tunnel.receive_eof(),
            len => tunnel.receive(&mut Input::from(bytes.get_mut(..len).unwrap_or_default())),
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
