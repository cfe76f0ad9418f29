//! Two connections that talk over a `Vec<u8>`, without any IO: `cargo run --example by-hand`.
//!
//! This is all that a driver does, on whatever carries its bytes: receive, answer, tick, write.

use bowline::{
    CloseCode, Config, Connection, Event, Timestamp, client,
    server::{self, Accept},
};
use bytes::Buf;
use std::{error::Error, sync::Arc, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut client, mut server) = shake_hands(&Arc::new(Config::default()))?;
    client.send_text("안녕하세요")?;
    client.ping(b"are you there?")?;
    client.close(CloseCode::NORMAL, "that was all")?;
    for millisecond in 0.. {
        let now = Timestamp::since_origin(Duration::from_millis(millisecond));
        let (to_server, to_client) = (write(&mut client, now), write(&mut server, now));
        if server.is_closed() && to_client.is_empty() {
            client.receive_eof(); // the server closes the transport first (RFC 6455 §7.1.1)
            break;
        }
        read("server", &mut server, to_server)?;
        read("client", &mut client, to_client)?;
    }
    for (name, connection) in [("server", &server), ("client", &client)] {
        println!("{name}: {}", connection.closure().ok_or("the connection is still open")?);
    }
    Ok(())
}

/// The opening handshake: a request on one side, an answer on the other, a connection on both.
fn shake_hands(config: &Arc<Config>) -> Result<(Connection, Connection), Box<dyn Error>> {
    let mut asking = client::Handshake::new(client::Request::from_uri("ws://localhost/by-hand")?, config);
    let mut request = take(asking.output());
    println!("{}", String::from_utf8_lossy(&request).trim_end());

    let server::Progress::Request(request) = server::Handshake::new(config).receive(&mut &mut request[..]) else {
        return Err("the request is refused, or cut off".into());
    };
    let mut server = request.accept(&Accept::same_origin()).map_err(|refusal| format!("{refusal:?}"))?;

    let mut response = take(server.output());
    println!("\n{}\n", String::from_utf8_lossy(&response).trim_end());
    let client::Progress::Connected(client, _response) = asking.receive(&mut &mut response[..]) else {
        return Err("the server did not agree".into());
    };
    Ok((client, server))
}

/// Echoes what is a message.
fn read(name: &str, connection: &mut Connection, mut bytes: Vec<u8>) -> Result<(), bowline::SendError> {
    let mut input = &mut bytes[..];
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

fn write(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let _how_long_to_wait = connection.tick(now);
    take(connection.output())
}

fn take(output: &mut impl Buf) -> Vec<u8> {
    let len = output.remaining();
    output.copy_to_bytes(len).to_vec()
}
