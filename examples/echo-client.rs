//! A client over the sockets of the standard library: it sends each line of standard input, and prints the answer.
//!
//! ```text
//! cargo run --release --example echo-client [URI]
//! ```
//!
//! Without a URI, it connects to `ws://127.0.0.1:9001`: start `echo-server` first. At the end of the input, it closes the
//! connection, and prints how it ended. `reconnect` is a client that survives a lost connection; `src/guide/blocking.md` is the
//! guide.

use bowline::{CloseCode, Config, Message, adapter::blocking};
use std::{
    error::Error,
    io::{self, BufRead},
    process::ExitCode,
};

fn main() -> ExitCode {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    match converse(&uri) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn converse(uri: &str) -> Result<(), Box<dyn Error>> {
    let (mut socket, _response) = blocking::connect(uri, Config::default())?;
    for line in io::stdin().lock().lines() {
        socket.send(line?)?;
        match socket.recv()? {
            Some(Message::Text(text)) => println!("{text}"),
            Some(other) => println!("{other:?}"),
            None => break,
        }
    }
    println!("{}", socket.close(CloseCode::NORMAL, "no more lines")?);
    Ok(())
}
