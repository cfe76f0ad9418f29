//! Opening handshakes.

use crate::{Path, fixed};
use bowline::{Config, Input, client, server};
use bytes::Buf;
use std::{hint::black_box, sync::Arc};

pub(crate) const PATHS: &[Path] = &[("handshake-server", server_side), ("handshake-client", client_side)];

/// What a browser sends.
const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: http://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

fn server_side() -> Box<dyn FnMut()> {
    let config = Arc::new(Config::new(fixed));
    let mut bytes = REQUEST.as_bytes().to_vec();
    Box::new(move || {
        let mut handshake = server::Handshake::new(config.clone());
        let server::Progress::Request(request) = handshake.receive(&mut Input::from(&mut bytes)) else {
            panic!("the request is refused")
        };
        let mut connection = request.accept(&server::Accept::same_origin()).expect("the request is right");
        black_box(connection.output().chunk());
    })
}

fn client_side() -> Box<dyn FnMut()> {
    let config = Arc::new(Config::new(fixed));
    let mut answer = answer(&config);
    Box::new(move || {
        let mut handshake = begin(&config);
        black_box(handshake.output().chunk());
        let progress = handshake.receive(&mut Input::from(&mut answer));
        assert!(matches!(black_box(progress), client::Progress::Connected(..)));
    })
}

fn begin(config: &Arc<Config>) -> client::Handshake {
    client::Handshake::new(
        client::Request::from_uri("ws://server.example.com/chat").expect("it is valid"),
        config.clone(),
    )
}

/// As the keys are fixed, so is the answer.
fn answer(config: &Arc<Config>) -> Vec<u8> {
    let mut client = begin(config);
    let mut request = client.output().chunk().to_vec();
    let server::Progress::Request(request) =
        server::Handshake::new(config.clone()).receive(&mut Input::from(&mut request))
    else {
        panic!("the request is refused")
    };
    let mut connection = request.accept(&server::Accept::same_origin()).expect("the request is right");
    connection.output().chunk().to_vec()
}
