//! The driver `examples/event-loop`, with an application that keeps one `Prepared` for all connections.

use crate::{any, report};
use bowline::{
    Closure, Config, Connection, Event, Prepared,
    server::{Accept, Refusal, Request},
};
use bowline_event_loop::{App, Server};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

struct Broadcast {
    config: Arc<Config>,
    accept: Accept,
    members: Vec<usize>,
    /// What has to be delivered to all members.
    message: Option<Prepared>,
    is_pending: bool,
}

pub(super) fn run() -> io::Result<()> {
    let counts = Arc::default();
    let app = Broadcast {
        config: Arc::default(),
        accept: Accept::any_origin(),
        members: Vec::new(),
        message: None,
        is_pending: false,
    };
    let mut server = Server::bind(any(), app, Arc::clone(&counts))?;
    report(
        server.address()?,
        Box::new(move || (counts.reads.load(Ordering::Relaxed), counts.writes.load(Ordering::Relaxed))),
    );
    server.run()
}

impl App for Broadcast {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn accept(&mut self, index: usize, request: Request, _now: Duration) -> Result<Connection, Refusal> {
        let connection = request.accept(&self.accept)?;
        self.members.push(index);
        Ok(connection)
    }

    fn receive(&mut self, _index: usize, _connection: &mut Connection, event: Event<'_>, _now: Duration) {
        if let Event::Binary(data) = event {
            (self.message, self.is_pending) = (Some(Prepared::binary(data)), true);
        }
    }

    fn take_pending(&mut self) -> Vec<usize> {
        if std::mem::take(&mut self.is_pending) { self.members.clone() } else { Vec::new() }
    }

    fn deliver(&mut self, _index: usize, connection: &mut Connection) {
        if let Some(message) = &self.message {
            let _ = connection.send_prepared(message);
        }
    }

    fn ended(&mut self, index: usize, _closure: Option<&Closure>) {
        self.members.retain(|member| *member != index);
    }
}
