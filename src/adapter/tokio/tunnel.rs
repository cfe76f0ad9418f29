//! The dialogue with a proxy.

use super::{dial::with_deadline, layer::Layer};
use crate::{
    Input,
    adapter::route::tunnel_io_error,
    proxy::{Tunnel, TunnelError, TunnelProgress},
};
use ::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};
use std::io;

/// Makes the dialogue over a stream that is connected to the proxy, before the instant `due`.
pub(super) async fn open(stream: &mut Layer, mut tunnel: Tunnel, due: Option<Instant>) -> io::Result<()> {
    let opened = with_deadline(due, run(stream, &mut tunnel)).await;
    opened.map_err(|error| match tunnel.receive_eof() {
        // It has refused already, and then its explanation did not arrive in time.
        TunnelProgress::Failed(refused @ TunnelError::Status { .. }) => tunnel_io_error(refused),
        _ => error,
    })
}

async fn run(stream: &mut Layer, tunnel: &mut Tunnel) -> io::Result<()> {
    loop {
        while !tunnel.output().is_empty() {
            stream.write_buf(tunnel.output()).await?;
        }
        stream.flush().await?;
        // In small parts, so that nothing is read that belongs to the server. The answers are short.
        let mut buffer = [0; 16];
        let bytes = buffer.get_mut(..tunnel.read_len()).unwrap_or_default();
        let progress = match stream.read(bytes).await? {
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
