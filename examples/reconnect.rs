//! A client that reconnects after a random delay, which grows with each failure (RFC 6455 §7.2.3).
//!
//! ```text
//! cargo run --release --example reconnect [URI]
//! ```
//!
//! Without a URI, it connects to `ws://127.0.0.1:9001`. It prints each message, how each connection ended, and when it will try
//! again. It stops after a normal end, and after an error that another attempt cannot cure. Start it without a server to see
//! the delays grow. `src/guide/reconnecting.md` is the guide.

use bowline::{
    Config,
    adapter::{Error, blocking::Reconnecting, reconnect::Update},
    client::Request,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    listen(&uri).map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn listen(uri: &str) -> Result<(), Error> {
    let mut client = Reconnecting::to(Request::from_uri(uri)?, Config::default());
    while let Some(update) = client.recv()? {
        match update {
            Update::Message(message) => println!("{message:?}"),
            Update::Disconnected { error, retry_in } => eprintln!("{error}\nnext attempt in {retry_in:.1?}"),
            _ => {}
        }
    }
    Ok(())
}
