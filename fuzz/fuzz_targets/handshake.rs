//! Any bytes as the head of a request or of a response: no panic, and an outcome that does not depend on the cuts, but for the
//! excerpt of a first line that begins wrongly.
#![no_main]

use bowline::{
    Config, HandshakeError, Input, client,
    server::{self, Accept},
};
use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let mut config = Config::new(|| [9; 4]);
    (config.limits.head_bytes, config.limits.head_fields) = (2048, 20);
    let config = Arc::new(config);
    let cut = usize::from(cut).max(1);
    assert_eq!(serve(&config, bytes, usize::MAX), serve(&config, bytes, cut));
    assert_eq!(ask(&config, bytes, usize::MAX), ask(&config, bytes, cut));
});

/// What a server answers, and how many bytes it took if it is not a refusal: then the rest does not matter.
fn serve(config: &Arc<Config>, bytes: &[u8], cut: usize) -> Option<(Vec<u8>, Option<usize>)> {
    let mut handshake = server::Handshake::new(config.clone());
    let mut taken = 0;
    for piece in bytes.chunks(cut) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece);
        let progress = handshake.receive(&mut input);
        let left = input.len();
        taken += piece.len() - left;
        let answer = match progress {
            server::Progress::Incomplete => continue,
            server::Progress::Refused(refusal) => match refusal.error() {
                Some(HandshakeError::StartLine(_)) => (b"StartLine".into(), None),
                _ => (refusal.into_bytes(), None),
            },
            server::Progress::Request(request) => {
                let _ = (
                    request.path(),
                    request.query_param("a"),
                    request.cookie("a"),
                    request.origin(),
                    request.protocols().count(),
                    request.extensions().count(),
                );
                match request.accept(&Accept::same_origin()) {
                    Ok(mut connection) => (all(connection.output()), Some(taken)),
                    Err(refusal) => (refusal.into_bytes(), Some(taken)),
                }
            }
            server::Progress::NotWebSocket(request) => {
                let _ = (request.path(), request.query_param("a"), request.cookie("a"), request.headers().count());
                (request.into_refusal().into_bytes(), Some(taken))
            }
            other => unreachable!("{other:?}"),
        };
        return Some(answer);
    }
    None
}

/// What a client makes of it.
fn ask(config: &Arc<Config>, bytes: &[u8], cut: usize) -> Option<String> {
    let request = client::Request::from_uri("ws://localhost/").ok()?.protocol("chat").ok()?;
    let mut handshake = client::Handshake::new(request, config.clone());
    for piece in bytes.chunks(cut) {
        let mut piece = piece.to_vec();
        match handshake.receive(&mut Input::from(&mut piece)) {
            client::Progress::Incomplete => {}
            client::Progress::Connected(_, response) => return Some(format!("{response:?}")),
            client::Progress::Refused(HandshakeError::StartLine(_), None) => return Some("StartLine".into()),
            client::Progress::Refused(error, response) => return Some(format!("{error} {response:?}")),
            other => unreachable!("{other:?}"),
        }
    }
    None
}

fn all(mut buf: impl Buf) -> Vec<u8> {
    let len = buf.remaining();
    buf.copy_to_bytes(len).to_vec()
}
