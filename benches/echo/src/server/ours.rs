//! bowline, with each of its APIs.

use crate::{any, counted::Counted, echo::Echo, io_uring_example, report};
use bowline::{
    Config, Event,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use bowline_event_loop::Server;
use std::{io, sync::Arc, sync::atomic::Ordering};

/// The example `event-loop`, as it is.
pub(crate) fn on_mio() -> io::Result<()> {
    let (counts, echo) = (Arc::default(), Echo::new(Config::default(), |_| ()));
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

thread_local! {
    static CONFIG: Arc<Config> = Arc::default();
}

/// The batch API: all that one read brought, borrowed.
pub(crate) async fn by_read(stream: Counted) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &Accept::any_origin(), CONFIG.with(Arc::clone)).await?;
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            match event {
                Event::Text(text) => connection.send_text(text)?,
                Event::Binary(data) => connection.send_binary(data)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// The message API: one message after the other, owned. The next `recv` writes.
pub(crate) async fn by_recv(stream: Counted) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &Accept::any_origin(), CONFIG.with(Arc::clone)).await?;
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
