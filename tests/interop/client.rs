//! The client of the interop tests on the blocking adapter: `interop-client URL [AGREEMENT]` has all conversations of
//! `conversations.rs` with a foreign server that implements the commands of README.md, and exits with status 1 if one failed. With an
//! agreement, the one that the server usually makes, messages are compressed, and URL leads through `relay.mjs`.

mod compression;
mod conversations;
mod terms;

use bowline::{
    CloseCode, Config, Endpoint,
    adapter::blocking::{self, ByteStream, ClientStream, Error, WebSocket},
    client::{Request, Response},
};
use conversations::{Check, Outcome, Server, closed, equal};
use std::{
    io::{Read, Write},
    sync::Arc,
};

type Socket = WebSocket<ClientStream>;

/// Conversations that only this client has.
const CHECKS_HERE: [(&str, Check); 1] = [("a stream of bytes", a_stream_of_bytes)];

fn main() -> Outcome {
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

fn a_stream_of_bytes(server: &Server) -> Outcome {
    let (socket, path) = server.dial()?;
    let mut stream = ByteStream::new(socket);
    let bytes: Vec<u8> = (0..=250).cycle().take(1_000_000).collect();
    for part in bytes.chunks(99_991) {
        stream.write_all(part)?;
    }
    let mut read = vec![0; bytes.len()];
    stream.read_exact(&mut read)?;
    equal(read == bytes, true)?;
    stream.write_all(b"the rest is a message")?;
    stream.read_exact(&mut [0; 8])?;
    let mut socket = stream.into_inner();
    equal(socket.recv()?, Some(b" is a message".into()))?;
    closed(&socket.close(CloseCode::NORMAL, "")?, Endpoint::Local, 1000, "")?;
    server.saw(&path, 1000, true, "peer", "")
}
