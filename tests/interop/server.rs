//! The server of the interop tests: `interop-server [AGREEMENT]`. It does what an echo server cannot; README.md here has its
//! language. With an agreement, it comes to it with every client that can compress. Prints its address, then how each
//! connection ended.
#![expect(clippy::unwrap_used, reason = "a lock is poisoned only if this program has a bug")]

mod terms;

use bowline::{
    CloseCode, Closure, Config, Connection, Event, Role, Side,
    adapter::blocking::{self, WebSocket},
    server::{Accept, Refusal, Request},
};
use std::{
    collections::BTreeMap,
    error::Error,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};
use terms::Terms;

/// How connections ended, by path, for `!seen`.
static ENDED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
static ONE_MORE: Condvar = Condvar::new();

fn main() -> Result<(), Box<dyn Error>> {
    let mut config = Config::default();
    if let Some(agreement) = std::env::args().nth(1) {
        config.deflate = Some(Terms::parse(&agreement)?.options(Role::Server));
    }
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let config = config.clone();
        thread::spawn(move || serve(stream, &config).unwrap_or_else(|error| eprintln!("{error}")));
    }
}

fn serve(stream: TcpStream, config: &Arc<Config>) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    let mut session =
        Session { stream: stream.try_clone()?, path: String::new(), offer: String::new(), pinged: String::new() };
    let mut ws = blocking::accept_with(stream, config, |request| {
        session.path = request.path().into();
        session.offer = String::from_utf8_lossy(request.header("sec-websocket-extensions").unwrap_or_default()).into();
        accept(request)
    })?;
    let outcome = session.converse(&mut ws);
    if let Some(closure) = ws.closure() {
        let seen = json(closure);
        println!("{} {seen}", session.path);
        ENDED.lock().unwrap().insert(session.path, seen);
        ONE_MORE.notify_all();
    }
    outcome
}

/// The path decides.
fn accept(request: Request) -> Result<Connection, Refusal> {
    let accept = match request.path() {
        "/same-origin" => Accept::same_origin(),
        path if path.starts_with("/chat") && request.protocols().any(|protocol| protocol == "chat") => {
            Accept::any_origin().protocol("chat")
        }
        path => {
            if let Some(status) = path.strip_prefix("/refuse/").and_then(|status| status.parse().ok()) {
                return Err(request.refuse(status, format!("refused with {status}")));
            }
            Accept::any_origin()
        }
    };
    request.accept(&accept)
}

struct Session {
    stream: TcpStream,
    path: String,
    offer: String,
    /// What the pong must carry.
    pinged: String,
}

impl Session {
    fn converse(&mut self, ws: &mut WebSocket<TcpStream>) -> Result<(), Box<dyn Error>> {
        while let Some(mut batch) = ws.read()? {
            while let Some((event, connection)) = batch.receive() {
                match event {
                    Event::Text(text) if text.starts_with('!') => self.obey(&text, connection)?,
                    Event::Text(text) => connection.send_text(text)?,
                    Event::Binary(data) => connection.send_binary(data)?,
                    Event::Pong(payload) if *payload == *self.pinged.as_bytes() => {
                        connection.send_text(format!("pong {}", self.pinged))?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self, text: &str, connection: &mut Connection) -> Result<(), Box<dyn Error>> {
        let (command, rest) = text.split_once(' ').unwrap_or((text, ""));
        match command {
            "!close" if rest.is_empty() => connection.close(CloseCode::NO_STATUS, "")?,
            "!close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                connection.close(CloseCode::new(code.parse()?), reason)?;
            }
            "!ping" => {
                self.pinged = rest.into();
                connection.ping(rest.as_bytes())?;
            }
            "!fragments" => {
                let count: u32 = rest.parse()?;
                for i in 1..=count {
                    connection.send_text_chunk(format!("조각{i} "), i == count)?;
                }
            }
            "!binary" => connection.send_binary(vec![0; rest.parse()?])?,
            "!drop" => self.stream.shutdown(Shutdown::Both)?,
            "!offer" => connection.send_text(&self.offer)?,
            "!seen" => connection.send_text(seen(rest))?,
            _ => return Err(format!("no such command: {text}").into()),
        }
        Ok(())
    }
}

/// How the connection with this path ended, once it has.
fn seen(path: &str) -> String {
    let ended = ENDED.lock().unwrap();
    let wait = Duration::from_secs(10);
    let (ended, _) = ONE_MORE.wait_timeout_while(ended, wait, |ended| !ended.contains_key(path)).unwrap();
    ended.get(path).cloned().unwrap_or_else(|| "{}".into())
}

/// For strings without control characters, `Debug` is as good as JSON.
fn json(closure: &Closure) -> String {
    format!(
        r#"{{"code":{},"clean":{},"begun_by":"{}","reason":{:?},"cause":{:?}}}"#,
        closure.code().get(),
        closure.is_clean(),
        match closure.begun_by() {
            Side::Local => "local",
            Side::Peer => "peer",
        },
        closure.reason(),
        closure.cause().to_string(),
    )
}
