//! The application of this program.

use bowline::{
    CloseCode, Closure, Config, Connection, Event, SendError,
    server::{Accept, Refusal, Request},
};
use bowline_event_loop::App;
use std::{sync::Arc, time::Duration};

/// Sends every message back.
pub(crate) struct Echo {
    config: Arc<Config>,
    accept: Accept,
    /// Called when a connection has ended.
    ended: fn(&Closure),
}

impl Echo {
    pub(crate) fn new(config: Config, ended: fn(&Closure)) -> Self {
        // This server has nothing to protect, so pages of any origin may connect.
        Self { config: Arc::new(config), accept: Accept::any_origin(), ended }
    }
}

impl App for Echo {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn accept(&mut self, _index: usize, request: Request, _now: Duration) -> Result<Connection, Refusal> {
        request.accept(&self.accept)
    }

    /// Sends a message back. An error of `send` concerns only that message; the connection can still be used.
    fn receive(&mut self, _index: usize, connection: &mut Connection, event: Event<'_>, _now: Duration) {
        let sent = match event {
            Event::Text(text) => connection.send_text(text),
            Event::Binary(data) => connection.send_binary(data),
            _ => Ok(()),
        };
        if let Err(SendError::Full { .. }) = sent {
            let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "too many answers are queued");
        }
    }

    fn ended(&mut self, _index: usize, closure: Option<&Closure>) {
        if let Some(closure) = closure {
            (self.ended)(closure);
        }
    }
}
