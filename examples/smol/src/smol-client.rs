//! A client on smol: sends each line of the standard input, and prints what comes back.
//!
//! ```text
//! echo Hello | cargo run --release -p bowline-smol-echo --bin smol-client [HOST:PORT]
//! ```
//!
//! It connects to 127.0.0.1:9001 by default, where the server beside it listens. At the end of the input it closes the connection,
//! and prints how it ended.

use bowline::{
    CloseCode, Config, Message,
    adapter::futures_io::{self as ws, Error, Receiver, Sender},
    client::Request,
};
use bowline_smol_echo::SmolTimer;
use smol::{Unblock, io::AsyncBufReadExt, io::BufReader, net::TcpStream, stream::StreamExt};
use std::process::ExitCode;

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    match smol::block_on(run(&address)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(address: &str) -> Result<(), Error> {
    let request = Request::from_uri(&format!("ws://{address}/"))?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (socket, _response) = ws::client_handshake(stream, request, Config::default(), SmolTimer::default()).await?;
    let (receiver, sender) = socket.split();
    // The receiver runs until the connection has ended. The sender ends it at the end of the input.
    let (printed, sent) = smol::future::zip(print(receiver), send_lines(sender)).await;
    printed.and(sent)
}

async fn print(mut receiver: Receiver<TcpStream, SmolTimer>) -> Result<(), Error> {
    while let Some(message) = receiver.recv().await? {
        match message {
            Message::Text(text) => println!("{text}"),
            message => println!("{} bytes", message.len()),
        }
    }
    if let Some(closure) = receiver.closure() {
        eprintln!("{closure}");
    }
    Ok(())
}

async fn send_lines(mut sender: Sender<TcpStream, SmolTimer>) -> Result<(), Error> {
    let mut lines = BufReader::new(Unblock::new(std::io::stdin())).lines();
    while let Some(line) = lines.next().await {
        sender.send(line?).await?;
    }
    sender.close(CloseCode::NORMAL, "").await
}
