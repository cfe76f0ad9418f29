//! The conversations of both of our clients with a foreign server that implements the commands of README.md.

use crate::{CHECKS_HERE, Dialer, Socket, compression, terms::Terms};
use bowline::{
    CloseCode, Closure, Config, Endpoint, Event, HandshakeError, Message, Text, adapter, client::Request,
    deflate::Options,
};
use std::{
    error::Error,
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;
pub(crate) type Check = fn(&Server) -> Outcome;

const LIMIT: usize = 16 * 1024 * 1024;
const SIZES: [usize; 9] = [0, 1, 125, 126, 127, 65_535, 65_536, 1024 * 1024, LIMIT];
pub(crate) const TEXT: &str = "안녕하세요, 매듭 🪢 und ein Gruß an alle 👩‍🚀";
const REASON: &str = "끝났습니다 👋";
/// 123 bytes: the most that fit.
const LONGEST_REASON: &str = "끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝끝";

const CHECKS: [(&str, Check); 17] = [
    ("text is echoed", text_is_echoed),
    ("binary of every length form is echoed", binary_is_echoed),
    ("text in fragments, with pings between", text_in_fragments),
    ("binary in fragments", binary_in_fragments),
    ("a message of the server in fragments", fragments_of_the_server),
    ("pings of the client are answered with their payload", pings_of_the_client),
    ("pings of the server are answered with their payload", pings_of_the_server),
    ("a thousand messages without waiting", a_thousand_messages),
    ("the client closes", the_client_closes),
    ("the server closes", the_server_closes),
    ("closes without a code", closes_without_a_code),
    ("the client cuts the connection", the_client_cuts),
    ("the server cuts the connection", the_server_cuts),
    ("a message above the client's limit ends with 1009", too_big_for_the_client),
    ("a message above the server's limit ends with 1009", too_big_for_the_server),
    ("subprotocols", subprotocols),
    ("refusals have a status", refusals),
];

const CHECKS_OF_PLAIN: [(&str, Check); 1] = [("no extension is offered", no_extension_is_offered)];
const CHECKS_OF_COMPRESSION: [(&str, Check); 2] = [
    ("compression is agreed, and shows on the wire", compression::is_agreed_and_done),
    ("the client may insist on what it asks for", compression::insisting_works),
];

/// Runs them all with the server in the arguments of the program, and exits.
pub(crate) fn run(dialer: Dialer) -> Outcome {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("usage: interop-client URL [AGREEMENT [RELAY]]")?;
    let terms = args.next().map(|agreement| Terms::parse(&agreement)).transpose()?;
    let config = Config::default().with(|config| {
        config.deadlines.ping = None; // it could hide a deadlock
        config.deflate = terms.map(|_| Options::default());
    });
    let relay = args.next().unwrap_or_else(|| url.clone());
    let server = Server { dialer, url, relay, terms, config: Arc::new(config), connections: AtomicU32::new(0) };
    let more: &[_] = if terms.is_some() { &CHECKS_OF_COMPRESSION } else { &CHECKS_OF_PLAIN };
    let (mut passed, mut failed) = (0, 0);
    for (name, check) in CHECKS.iter().chain(&CHECKS_HERE).chain(more) {
        match check(&server) {
            Ok(()) => {
                passed += 1;
                println!("ok   {name}");
            }
            Err(error) => {
                failed += 1;
                println!("FAIL {name} - {error}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

/// The foreign server.
pub(crate) struct Server {
    pub(crate) dialer: Dialer,
    pub(crate) url: String,
    /// Where the bytes on the wire are counted.
    pub(crate) relay: String,
    /// The agreement on compression that it usually makes.
    pub(crate) terms: Option<Terms>,
    config: Arc<Config>,
    connections: AtomicU32,
}

impl Server {
    /// A connection, and its path, which no other connection has.
    pub(crate) fn dial(&self) -> Outcome<(Socket, String)> {
        self.dial_with(self.config.clone())
    }

    pub(crate) fn dial_with(&self, config: Arc<Config>) -> Outcome<(Socket, String)> {
        let path = format!("/bowline/{}", self.connections.fetch_add(1, Ordering::Relaxed));
        let (ws, _) = self.dialer.connect(&format!("{}{path}", self.url), config)?;
        Ok((ws, path))
    }

    /// How the server saw the end of the connection with this path.
    pub(crate) fn saw(&self, path: &str, code: u16, clean: bool, begun_by: &str, reason: &str) -> Outcome {
        let (mut ws, _) = self.dial()?;
        let seen = ask(&mut ws, format!("!seen {path}"))?;
        let expected = format!(r#"{{"code":{code},"clean":{clean},"begun_by":"{begun_by}","reason":"{reason}"}}"#);
        equal(seen, Message::text(expected))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "checks are shorter without references")]
pub(crate) fn equal<T: PartialEq<U> + Debug, U: Debug>(actual: T, expected: U) -> Outcome {
    if actual == expected {
        return Ok(());
    }
    let short = |value: &dyn Debug| format!("{value:?}").chars().take(200).collect::<String>();
    Err(format!("{} instead of {}", short(&actual), short(&expected)).into())
}

pub(crate) fn ask(ws: &mut Socket, message: impl Into<Message>) -> Outcome<Message> {
    ws.send(message)?;
    Ok(ws.recv()?.ok_or("the end instead of an answer")?)
}

/// Checks that both endpoints closed, the server with this code and reason.
pub(crate) fn closed(closure: &Closure, begun_by: Endpoint, code: u16, reason: &str) -> Outcome {
    equal((closure.begun_by(), closure.is_clean()), (begun_by, true))?;
    equal((closure.code().get(), closure.reason()), (code, reason))
}

/// Waits for the end of the connection. It is an error exactly if it is not a normal one.
fn end(ws: &mut Socket) -> Outcome<Closure> {
    match ws.recv() {
        Ok(None) => {
            let closure = ws.closure().ok_or("no closure after the end")?.clone();
            equal(closure.is_normal(), true)?;
            Ok(closure)
        }
        Err(adapter::Error::Closed(closure)) => {
            equal(closure.is_normal(), false)?;
            Ok(*closure)
        }
        Ok(Some(message)) => Err(format!("{message:?} instead of the end").into()),
        Err(error) => Err(error.into()),
    }
}

fn text_is_echoed(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for text in ["", "a", TEXT, &"가".repeat(100_000)] {
        equal(ask(&mut ws, text)?, Message::from(text))?;
    }
    Ok(())
}

fn binary_is_echoed(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for size in SIZES {
        let data: Vec<u8> = (0..=250).cycle().take(size).collect();
        equal(ask(&mut ws, data.clone())?, Message::from(data))?;
    }
    Ok(())
}

fn no_extension_is_offered(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    equal(ask(&mut ws, "!offer")?, Message::from(""))
}

fn text_in_fragments(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for character in TEXT.chars() {
        ws.feed(Message::TextChunk { text: String::from(character).into(), last: false })?;
        ws.connection().ping(b"between")?;
    }
    equal(ask(&mut ws, Message::TextChunk { text: Text::default(), last: true })?, Message::from(TEXT))
}

fn binary_in_fragments(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for _ in 0..20 {
        ws.feed(Message::BinaryChunk { data: vec![7; 5000].into(), last: false })?;
    }
    let last = Message::BinaryChunk { data: vec![8; 70_000].into(), last: true };
    equal(ask(&mut ws, last)?, Message::from([vec![7; 100_000], vec![8; 70_000]].concat()))
}

fn fragments_of_the_server(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    let whole = (1..=100).map(|i| format!("조각{i} ")).collect::<Vec<_>>().concat();
    equal(ask(&mut ws, "!fragments 100")?, Message::from(whole))
}

fn pings_of_the_client(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for payload in ["", "p", REASON, &"p".repeat(125)] {
        ws.ping(payload.as_bytes())?;
        equal(ws.next_event()?, Some(Event::Pong(payload.as_bytes().to_vec().into())))?;
    }
    Ok(())
}

fn pings_of_the_server(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for payload in ["p", REASON, &"p".repeat(125)] {
        equal(ask(&mut ws, format!("!ping {payload}"))?, Message::from(format!("pong {payload}")))?;
    }
    Ok(())
}

fn a_thousand_messages(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    for i in 0..1000 {
        ws.feed(format!("{i} {TEXT}"))?;
    }
    for i in 0..1000 {
        equal(ws.recv()?, Some(Message::from(format!("{i} {TEXT}"))))?;
    }
    Ok(())
}

fn the_client_closes(server: &Server) -> Outcome {
    for (code, reason) in [(1000, ""), (1001, "bye"), (3000, REASON), (4999, LONGEST_REASON)] {
        let (mut ws, path) = server.dial()?;
        let closure = ws.close(CloseCode::new(code), reason)?;
        equal((closure.begun_by(), closure.is_clean(), closure.code().get()), (Endpoint::Local, true, code))?;
        server.saw(&path, code, true, "peer", reason)?;
    }
    Ok(())
}

fn the_server_closes(server: &Server) -> Outcome {
    for (code, reason) in [(1000, ""), (1011, "oops"), (3000, REASON), (4001, LONGEST_REASON)] {
        let (mut ws, path) = server.dial()?;
        ws.send(format!("!close {code} {reason}"))?;
        closed(&end(&mut ws)?, Endpoint::Remote, code, reason)?;
        server.saw(&path, code, true, "local", "")?;
    }
    Ok(())
}

fn closes_without_a_code(server: &Server) -> Outcome {
    let (mut ws, path) = server.dial()?;
    closed(&ws.close(CloseCode::NO_STATUS, "")?, Endpoint::Local, 1005, "")?;
    server.saw(&path, 1005, true, "peer", "")?;

    let (mut ws, path) = server.dial()?;
    ws.send("!close")?;
    closed(&end(&mut ws)?, Endpoint::Remote, 1005, "")?;
    server.saw(&path, 1005, true, "local", "")
}

fn the_client_cuts(server: &Server) -> Outcome {
    let (mut ws, path) = server.dial()?;
    equal(ask(&mut ws, "here")?, Message::from("here"))?;
    drop(ws);
    server.saw(&path, 1006, false, "peer", "")
}

fn the_server_cuts(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    ws.send("!drop")?;
    let closure = end(&mut ws)?;
    equal((closure.code().get(), closure.is_clean(), closure.begun_by()), (1006, false, Endpoint::Remote))
}

fn too_big_for_the_client(server: &Server) -> Outcome {
    let (mut ws, path) = server.dial()?;
    ws.send(format!("!binary {}", LIMIT + 1))?;
    let closure = end(&mut ws)?;
    equal((closure.code().get(), closure.begun_by()), (1006, Endpoint::Local))?;
    equal(closure.sent().map(|frame| frame.code.get()), Some(1009))?;
    server.saw(&path, 1009, true, "peer", "")
}

fn too_big_for_the_server(server: &Server) -> Outcome {
    let (mut ws, _) = server.dial()?;
    match ws.send(vec![0; LIMIT + 1]) {
        // A server whose TLS has no half-close does not wait for the rest. Its Close frame can still be received, and is the error if
        // it has arrived.
        Err(adapter::Error::Io(_)) if server.url.starts_with("wss:") => {}
        Err(adapter::Error::Closed(closure)) if server.url.starts_with("wss:") => equal(closure.code().get(), 1009)?,
        sent => sent?,
    }
    equal(end(&mut ws)?.code().get(), 1009)
}

fn subprotocols(server: &Server) -> Outcome {
    for (path, offered, agreed) in [
        ("/chat/both", vec!["superchat", "chat"], Some("chat")),
        ("/chat/other", vec!["superchat"], None),
        ("/none", vec!["chat"], None),
        ("/chat/none", vec![], None),
    ] {
        let mut request = Request::from_uri(&format!("{}{path}", server.url))?;
        for protocol in offered {
            request = request.protocol(protocol)?;
        }
        let (_, response) = server.dialer.connect_with(request, server.config.clone())?;
        equal(response.protocol(), agreed)?;
    }
    Ok(())
}

fn refusals(server: &Server) -> Outcome {
    for status in [401, 403, 404, 503] {
        match server.dialer.connect(&format!("{}/refuse/{status}", server.url), server.config.clone()) {
            Ok(_) => return Err("accepted".into()),
            Err(adapter::Error::Handshake { error, response: Some(_) }) => {
                equal(error, HandshakeError::Status(status))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
