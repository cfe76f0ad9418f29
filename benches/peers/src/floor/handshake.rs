use crate::{
    exchange::{self, Exchange, accept},
    job::{Job, Work, work},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::Rng;
use std::rc::Rc;

/// Reads a request into a buffer, looks at the fields that RFC 6455 §4.2.1 requires, and answers.
pub(super) fn server(job: &Job) -> Option<Box<dyn Work>> {
    let mut pipe = job.pipe();
    let mut buffer = vec![0; job.buffer()];
    let mut answer = Vec::new();
    work(move |messages, tally| {
        for _ in 0..messages {
            let len = pipe.read_into(&mut buffer);
            answer.clear();
            answer.extend_from_slice(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: ",
            );
            let key = key_of(&buffer[..len]).expect("the request is right");
            answer.extend_from_slice(accept(key).as_bytes());
            answer.extend_from_slice(b"\r\n\r\n");
            pipe.sent.write(&answer);
            tally.end();
        }
    })
}

fn key_of(request: &[u8]) -> Option<&[u8]> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    if !parsed.parse(request).ok()?.is_complete() || parsed.method != Some("GET") || parsed.version != Some(1) {
        return None;
    }
    let (mut key, mut found) = (None, 0);
    for header in parsed.headers {
        let name = header.name;
        found |= match name.len() {
            4 if name.eq_ignore_ascii_case("Host") => 1,
            7 if name.eq_ignore_ascii_case("Upgrade") && header.value.eq_ignore_ascii_case(b"websocket") => 2,
            10 if name.eq_ignore_ascii_case("Connection") && has_upgrade(header.value) => 4,
            17 if name.eq_ignore_ascii_case("Sec-WebSocket-Key") && header.value.len() == 24 => {
                key = Some(header.value);
                8
            }
            21 if name.eq_ignore_ascii_case("Sec-WebSocket-Version") && header.value == b"13" => 16,
            _ => 0,
        };
    }
    key.filter(|_| found == 31)
}

fn has_upgrade(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|element| element.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
}

/// Writes a request with a fresh key, and compares the answer.
pub(super) fn client() -> Option<Box<dyn Work>> {
    exchange::handshakes(begin, finish)
}

fn begin(exchange: Rc<Exchange>) -> (Rc<Exchange>, String) {
    let mut nonce = [0; 16];
    rand::rng().fill_bytes(&mut nonce);
    let key = STANDARD.encode(nonce);
    let mut request = Vec::with_capacity(256);
    for part in [
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
        &key,
        "\r\n\r\n",
    ] {
        request.extend_from_slice(part.as_bytes());
    }
    exchange.write(&request);
    (exchange, accept(key.as_bytes()))
}

fn finish((exchange, expected): (Rc<Exchange>, String)) -> bool {
    let mut buffer = [0; 1024];
    let Some(len) = exchange.read(&mut buffer) else { return false };
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Response::new(&mut headers);
    if !parsed.parse(&buffer[..len]).is_ok_and(|status| status.is_complete()) || parsed.code != Some(101) {
        return false;
    }
    let is = |name: &str, test: &dyn Fn(&[u8]) -> bool| {
        parsed.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name) && test(header.value))
    };
    is("Upgrade", &|value| value.eq_ignore_ascii_case(b"websocket"))
        && is("Connection", &has_upgrade)
        && is("Sec-WebSocket-Accept", &|value| value == expected.as_bytes())
}
