//! The client of the interop tests: `interop-client URL [AGREEMENT]` goes through all conversations with a foreign server
//! that speaks the language of README.md here, and exits with 1 if one went wrong. With an agreement, which is what the
//! server usually comes to, messages are compressed, and URL leads through `relay.mjs`.

mod compression;
mod conversations;
mod terms;

use bowline::{
    Config,
    adapter::blocking::{self, Error, WebSocket},
    client::{Request, Response},
};
use std::{net::TcpStream, sync::Arc};

type Socket = WebSocket<TcpStream>;

/// Conversations that only this client can hold.
const CHECKS_HERE: [(&str, conversations::Check); 0] = [];

fn main() -> conversations::Outcome {
    conversations::hold(Dialer)
}

/// How connections are made.
struct Dialer;

impl Dialer {
    #[expect(clippy::unused_self, reason = "the dialer on Tokio has a runtime")]
    fn connect(&self, uri: &str, config: &Arc<Config>) -> Result<(Socket, Response), Error> {
        blocking::connect(uri, config)
    }

    #[expect(clippy::unused_self, reason = "the dialer on Tokio has a runtime")]
    fn connect_with(&self, request: Request, config: &Arc<Config>) -> Result<(Socket, Response), Error> {
        let stream = TcpStream::connect((request.host(), request.port()))?;
        blocking::client(stream, request, config)
    }
}
