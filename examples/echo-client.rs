//! Sends each line of its input and prints the answer: `cargo run --release --example echo-client [URI]`.

use bowline::{CloseCode, Config, Message, adapter::blocking};
use std::{
    error::Error,
    io::{self, BufRead},
};

fn main() -> Result<(), Box<dyn Error>> {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let (mut socket, _response) = blocking::connect(&uri, Config::default())?;
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
