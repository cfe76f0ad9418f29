//! What this server is for.

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
    /// Is told how each connection ended.
    ended: fn(&Closure),
}

impl Echo {
    pub(crate) fn new(config: Config, ended: fn(&Closure)) -> Self {
        // A page of any origin may use this server: it gives away nothing that is worth protecting.
        Self { config: Arc::new(config), accept: Accept::any_origin(), ended }
    }
}

impl App for Echo {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn accept(&mut self, request: Request) -> Result<Connection, Refusal> {
        request.accept(&self.accept)
    }

    /// An error of `send` is not one of the connection: here, nothing can be done about it.
    fn receive(&mut self, _index: usize, connection: &mut Connection, event: Event<'_>, _now: Duration) {
        let sent = match event {
            Event::Text(text) => connection.send_text(text),
            Event::Binary(data) => connection.send_binary(data),
            _ => Ok(()),
        };
        if let Err(SendError::Full { .. }) = sent {
            let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "too much is waiting to be sent to you");
        }
    }

    fn ended(&mut self, _index: usize, closure: Option<&Closure>) {
        if let Some(closure) = closure {
            (self.ended)(closure);
        }
    }
}
