//! bowline, with each of its APIs.

use crate::{any, echo::Echo, io_uring_example, on_tokio::Stream, report};
use bowline::{
    CloseCode, Config, Event, SendError,
    adapter::tokio::{self as ws, Error, WebSocket},
    server::Accept,
};
use bowline_event_loop::Server;
use std::{
    cell::RefCell,
    io,
    sync::{Arc, atomic::Ordering},
};

thread_local! {
    /// Shared by all connections.
    static CONFIG: RefCell<Arc<Config>> = RefCell::default();
}

/// From now on, connections agree to compression.
#[cfg(feature = "deflate")]
pub(crate) fn compress() {
    let config = Config::default().with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    CONFIG.with_borrow_mut(|shared| *shared = Arc::new(config));
}

/// The example `event-loop`, as it is.
pub(crate) fn on_mio() -> io::Result<()> {
    let config = CONFIG.with_borrow(|config| Config::clone(config));
    let (counts, echo) = (Arc::default(), Echo::new(config, |_| ()));
    let mut server = Server::bind(any(), echo, Arc::clone(&counts))?;
    report(
        server.address()?,
        Box::new(move || (counts.reads.load(Ordering::Relaxed), counts.writes.load(Ordering::Relaxed))),
    );
    server.run()
}

/// The example `io-uring`, as it is.
pub(crate) fn on_io_uring() -> io::Result<()> {
    let mut server = io_uring_example::server::Server::bind(any(), Config::default(), |_| ())?;
    let counts = server.counts();
    report(
        server.address()?,
        Box::new(move || (counts.reads.load(Ordering::Relaxed), counts.writes.load(Ordering::Relaxed))),
    );
    server.run()
}

pub(crate) async fn accept<S: Stream>(stream: S) -> Result<WebSocket<S>, Error> {
    ws::accept(stream, &Accept::any_origin(), CONFIG.with_borrow(Arc::clone)).await
}

/// The batch API: all that one read brought, borrowed.
pub(crate) async fn by_read<S: Stream>(stream: S) -> Result<(), Error> {
    let mut socket = accept(stream).await?;
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            let sent = match event {
                Event::Text(text) => connection.send_text(text),
                Event::Binary(data) => connection.send_binary(data),
                _ => Ok(()),
            };
            if let Err(SendError::Full { .. }) = sent {
                connection.close(CloseCode::TRY_AGAIN_LATER, "too many replies are queued")?;
            }
        }
    }
    Ok(())
}

/// The message API: one message after the other, owned. The next `recv` writes.
pub(crate) async fn by_feed<S: Stream>(stream: S) -> Result<(), Error> {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?;
    }
    Ok(())
}

/// The message API, with a write for each message.
pub(crate) async fn by_send<S: Stream>(stream: S) -> Result<(), Error> {
    let mut socket = accept(stream).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
