//! The client's checks of compression. They need `relay.mjs` in between, which counts the bytes on the wire.

use crate::{
    Socket,
    conversations::{Outcome, Server, ask, equal},
    terms::{End, Terms},
};
use bowline::{
    Config, Message, Role,
    deflate::{Agreement, Options},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// What the client asks for, beyond what the server usually agrees to.
const WISHES: [&str; 6] = [
    "permessage-deflate",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=10",
    "permessage-deflate; client_max_window_bits=10",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10",
];

/// With each wish, the client comes to the agreement that it must come to, and the bytes on the wire show that both sides
/// keep it.
pub(crate) fn is_agreed_and_done(server: &Server) -> Outcome {
    let usual = server.terms.ok_or("no agreement was given")?;
    for wish in WISHES {
        let asked = Terms::parse(wish)?;
        agreed_and_done(server, usual, asked).map_err(|error| format!("asked for \"{wish}\": {error}"))?;
    }
    Ok(())
}

/// If the client insists on what it asks for, the server's agreement to it is enough.
pub(crate) fn insisting_works(server: &Server) -> Outcome {
    let mut options = Options::default();
    (options.peer_context_takeover, options.peer_window_bits, options.fallback) = (false, 10, false);
    let config = Config::default().with(|config| config.deflate = Some(options)).into();
    let (mut ws, _) = server.dialer.connect(&format!("{}/insisting", server.url), config)?;
    let agreement = ws.connection().deflate().ok_or("there is no agreement on compression")?;
    equal((agreement.context_takeover(Role::Server), agreement.window_bits(Role::Server)), (false, 10))
}

fn agreed_and_done(server: &Server, usual: Terms, asked: Terms) -> Outcome {
    let config = Config::default().with(|config| config.deflate = Some(asked.options(Role::Client)));
    let (mut ws, path) = server.dial_with(config.into())?;
    let agreement = ws.connection().deflate().ok_or("there is no agreement on compression")?;
    let expected = Terms { client: merge(usual.client, asked.client), server: merge(usual.server, asked.server) };
    equal(terms(agreement), expected)?;
    count_bytes(server, expected, &mut ws, &path)
}

fn merge(usual: End, asked: End) -> End {
    End { takeover: usual.takeover && asked.takeover, window_bits: usual.window_bits.min(asked.window_bits) }
}

fn terms(agreement: Agreement) -> Terms {
    let end = |role| End { takeover: agreement.context_takeover(role), window_bits: agreement.window_bits(role) };
    Terms { client: end(Role::Client), server: end(Role::Server) }
}

/// Shows by the bytes on the wire that both ends compress, and what they refer to: a message that comes a second time takes
/// almost nothing if, and only if, the first one can be referred to.
fn count_bytes(server: &Server, terms: Terms, ws: &mut Socket, path: &str) -> Outcome {
    let mut seed = 0;
    for size in [500, 5000] {
        for encode in [|text: String| Message::text(text), |text: String| Message::binary(text.into_bytes())] {
            seed += 1;
            let message = encode(sample(size, seed));
            let first = cost(server, ws, path, &message)?;
            let again = cost(server, ws, path, &message)?;
            shows("client", terms.client, size, first.0, again.0)?;
            shows("server", terms.server, size, first.1, again.1)?;
        }
    }
    Ok(())
}

/// Of a message of `size` bytes that was sent twice, `first` and `again` were on the wire.
fn shows(who: &str, end: End, size: usize, first: usize, again: usize) -> Outcome {
    let what = format!("the {who} sent {size} bytes in {first}, and in {again} the second time");
    if first * 10 >= size * 8 {
        return Err(format!("{what}: that is not compressed").into());
    }
    let refers = end.takeover && size + 300 < 1 << end.window_bits; // zlib does not use the whole window
    if refers == (again * 4 < first) { Ok(()) } else { Err(format!("{what}, with {end:?}").into()) }
}

/// As many bytes of JSON, with other numbers for each seed.
fn sample(size: usize, seed: u64) -> String {
    let mut text = String::new();
    let mut number = seed;
    while text.len() < size {
        number = number * 16_807 % 2_147_483_647;
        text += &["{\"number\":", &number.to_string(), "}\n"].concat();
    }
    text.truncate(size);
    text
}

/// How many bytes the message took on the wire, and its echo.
fn cost(server: &Server, ws: &mut Socket, path: &str, message: &Message) -> Outcome<(usize, usize)> {
    let before = wire(server, path)?;
    equal(&ask(ws, message.clone())?, message)?;
    let after = wire(server, path)?;
    Ok((after.0 - before.0, after.1 - before.1))
}

/// How many bytes the connection with this path has carried, to the server and to the client.
fn wire(server: &Server, path: &str) -> Outcome<(usize, usize)> {
    let mut stream = TcpStream::connect(server.relay.strip_prefix("ws://").ok_or("the relay has no ws:// address")?)?;
    write!(stream, "GET /!wire{path} HTTP/1.0\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let counted = response.split_once("\r\n\r\n").and_then(|(_, body)| body.split_once(' '));
    let (to_server, to_client) = counted.ok_or("the relay has not counted")?;
    Ok((to_server.parse()?, to_client.parse()?))
}
