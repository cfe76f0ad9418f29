//! A client and a server that exchange bytes in memory, without sockets, threads or a clock.
//!
//! ```text
//! cargo run --example by-hand
//! ```
//!
//! It prints the opening handshake, each event of both endpoints, and how each of them saw the connection end. Every driver
//! does the same over its transport: receive, answer, tick, write. `src/guide/by_hand.md` explains the steps, and
//! `examples/event-loop` does them for many connections over sockets.

use bowline::{
    CloseCode, Config, Connection, Event, Input, client,
    server::{self, Accept},
};
use bytes::Buf;
use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

fn main() -> ExitCode {
    match converse() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn converse() -> Result<(), Box<dyn Error>> {
    let (mut client, mut server) = shake_hands(Arc::new(Config::default()))?;
    client.send_text("안녕하세요")?;
    client.ping(b"are you there?")?;
    client.close(CloseCode::NORMAL, "that was all")?;
    for millisecond in 0.. {
        let now = Duration::from_millis(millisecond);
        let (mut to_server, mut to_client) = (write(&mut client, now), write(&mut server, now));
        if server.is_closed() && to_client.is_empty() {
            client.receive_eof(); // the server closes the transport first (RFC 6455 §7.1.1)
            break;
        }
        read("server", &mut server, &mut to_server)?;
        read("client", &mut client, &mut to_client)?;
    }
    for (name, connection) in [("server", &server), ("client", &client)] {
        println!("{name}: {}", connection.closure().ok_or("the connection is still open")?);
    }
    Ok(())
}

/// Performs the opening handshake: a request, a response, and then a connection at both ends.
fn shake_hands(config: Arc<Config>) -> Result<(Connection, Connection), Box<dyn Error>> {
    let request = client::Request::from_uri("ws://localhost/by-hand")?;
    let mut handshake = client::Handshake::new(request, config.clone());
    let mut request = take(handshake.output());
    println!("{}", String::from_utf8_lossy(&request).trim_end());

    let progress = server::Handshake::new(config).receive(&mut Input::from(&mut request));
    let server::Progress::Request(request) = progress else { return Err(format!("{progress:?}").into()) };
    let mut server = request.accept(&Accept::same_origin()).map_err(|refusal| format!("{refusal:?}"))?;

    let mut response = take(server.output());
    println!("\n{}\n", String::from_utf8_lossy(&response).trim_end());
    let progress = handshake.receive(&mut Input::from(&mut response));
    let client::Progress::Connected(client, _response) = progress else { return Err(format!("{progress:?}").into()) };
    Ok((client, server))
}

/// Receives all events of some bytes. The server sends each text back.
fn read(name: &str, connection: &mut Connection, bytes: &mut [u8]) -> Result<(), bowline::SendError> {
    let mut input = Input::from(bytes);
    while let Some(event) = connection.receive(&mut input) {
        println!("{name} received {event:?}");
        if let Event::Text(text) = event
            && name == "server"
        {
            connection.send_text(text)?;
        }
    }
    Ok(())
}

/// Advances the clock of a connection, and returns the bytes that it has to write.
fn write(connection: &mut Connection, now: Duration) -> Vec<u8> {
    let _wait = connection.tick(now.into());
    take(connection.output())
}

fn take(output: &mut impl Buf) -> Vec<u8> {
    output.copy_to_bytes(output.remaining()).into()
}
