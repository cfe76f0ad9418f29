//! The client of the interop tests on the blocking adapter: `interop-client URL [AGREEMENT]` has all conversations of
//! `conversations.rs` with a foreign server that implements the commands of README.md, and exits with status 1 if one failed. With an
//! agreement, the one that the server usually makes, messages are compressed, and URL leads through `relay.mjs`.

mod compression;
mod conversations;
mod terms;

use bowline::{
    Config,
    adapter::blocking::{self, ClientStream, Error, WebSocket},
    client::{Request, Response},
};
use std::sync::Arc;

type Socket = WebSocket<ClientStream>;

/// Conversations that only this client has.
const CHECKS_HERE: [(&str, conversations::Check); 0] = [];

fn main() -> conversations::Outcome {
    conversations::run(Dialer)
}

/// How connections are made.
struct Dialer;

impl Dialer {
    #[expect(clippy::unused_self, reason = "the dialer on Tokio has a runtime")]
    fn connect(&self, uri: &str, config: Arc<Config>) -> Result<(Socket, Response), Error> {
        blocking::connect(uri, config)
    }

    #[expect(clippy::unused_self, reason = "the dialer on Tokio has a runtime")]
    fn connect_with(&self, request: Request, config: Arc<Config>) -> Result<(Socket, Response), Error> {
        blocking::connect_with(request, config)
    }
}
