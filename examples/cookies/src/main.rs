//! A client with a cookie jar: it keeps the cookies that a server sets in the opening handshake, and sends them when it connects
//! again.
//!
//! ```text
//! cargo run -p bowline-cookies [URI]
//! ```
//!
//! It connects to <ws://127.0.0.1:9001/> by default, twice, and prints the first message of each connection. `jar.rs` is for your
//! own program: it joins the crate `cookie_store` with the requests and responses of bowline.

mod jar;

use bowline::{
    CloseCode, Config,
    adapter::{ConnectOptions, Error, blocking},
    client::Request,
};
use jar::Jar;

fn main() {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001/".into());
    let jar = Jar::default();
    for _ in 0..2 {
        if let Err(error) = visit(&uri, &jar) {
            eprintln!("{error}");
        }
    }
}

/// Connects, sends a message, receives one, and closes.
fn visit(uri: &str, jar: &Jar) -> Result<(), Error> {
    let (sent, received) = (jar.clone(), jar.clone());
    let options = ConnectOptions::new()
        .follow_redirects(5)
        .before_request(move |request| sent.add(request))
        .after_response(move |request, response| received.keep(request, response));
    let (mut socket, _) = blocking::connect_using(Request::from_uri(uri)?, &options, Config::default())?;
    socket.send("Hello")?;
    if let Some(message) = socket.recv()? {
        println!("received: {}", message.as_text().unwrap_or("something that is not text"));
    }
    socket.close(CloseCode::NORMAL, "")?;
    Ok(())
}
