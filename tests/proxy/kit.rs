//! A tunnel that is driven by hand: what it sends, and what becomes of the proxy's answers.

use bowline::{
    Input,
    proxy::{Proxy, Target, Tunnel, TunnelError, TunnelProgress},
};
use bytes::Buf;

pub(crate) fn proxy(uri: &str) -> Proxy {
    Proxy::from_uri(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

pub(crate) fn to(uri: &str, name: &str, port: u16) -> Tunnel {
    Tunnel::new(&proxy(uri), Target::Name(name, port)).unwrap()
}

/// Takes what the tunnel has to send.
pub(crate) fn sent(tunnel: &mut Tunnel) -> Vec<u8> {
    let output = tunnel.output();
    let mut bytes = vec![0; output.remaining()];
    output.copy_to_slice(&mut bytes);
    bytes
}

/// What a tunnel has become: open, with the bytes behind the dialogue, or failed, or not finished yet. And all that it has sent.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) result: Option<Result<Vec<u8>, TunnelError>>,
    pub(crate) sent: Vec<u8>,
}

/// Passes the proxy's bytes in reads of these lengths, and then all others at once. Afterwards, further calls have no effect.
pub(crate) fn run(mut tunnel: Tunnel, bytes: &[u8], lengths: &[usize]) -> Outcome {
    let mut sent_bytes = sent(&mut tunnel);
    let mut result = None;
    let mut rest = bytes;
    for length in lengths.iter().copied().chain([usize::MAX]) {
        let (read, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        let mut read = read.to_vec();
        let mut input = Input::from(&mut read);
        let progress = tunnel.receive(&mut input);
        sent_bytes.append(&mut sent(&mut tunnel));
        result = match progress {
            TunnelProgress::Incomplete => {
                assert!(input.is_empty(), "everything was consumed");
                continue;
            }
            TunnelProgress::Open => Some(Ok([input.remaining(), rest].concat())),
            TunnelProgress::Failed(error) => Some(Err(error)),
            other => panic!("{other:?}"),
        };
        break;
    }
    if result.is_some() {
        let mut more = *b"more";
        let mut input = Input::from(&mut more);
        assert!(matches!(tunnel.receive(&mut input), TunnelProgress::Incomplete));
        assert_eq!(input.len(), 4);
        assert!(matches!(tunnel.receive_eof(), TunnelProgress::Incomplete));
        assert!(tunnel.output().is_empty());
    }
    Outcome { result, sent: sent_bytes }
}

pub(crate) fn error(tunnel: Tunnel, bytes: &[u8]) -> TunnelError {
    match run(tunnel, bytes, &[]).result {
        Some(Err(error)) => error,
        other => panic!("not failed: {other:?}"),
    }
}

/// The error when the stream ends behind these bytes.
pub(crate) fn error_at_end(mut tunnel: Tunnel, bytes: &[u8]) -> TunnelError {
    let mut bytes = bytes.to_vec();
    assert!(matches!(tunnel.receive(&mut Input::from(&mut bytes)), TunnelProgress::Incomplete));
    match tunnel.receive_eof() {
        TunnelProgress::Failed(error) => error,
        other => panic!("not failed: {other:?}"),
    }
}
