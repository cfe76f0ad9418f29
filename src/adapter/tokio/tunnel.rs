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
        // Byte by byte, so that nothing is read that belongs to the server. The answers are short.
        let mut byte = [0];
        let progress = match stream.read(&mut byte).await? {
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
