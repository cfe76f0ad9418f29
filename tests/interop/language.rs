//! The commands of README.md for both of our servers, which only add the IO.
#![expect(clippy::unwrap_used, reason = "a lock is poisoned only if this program has a bug")]

use crate::terms::Terms;
use bowline::{
    CloseCode, Closure, Config, Connection, Endpoint, Event, Role,
    server::{Accept, Refusal, Request},
};
use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How connections ended, by path, for `!seen`.
static ENDED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
static ONE_MORE: Condvar = Condvar::new();

/// With an agreement, the server makes it with every client that can compress.
pub(crate) fn config(agreement: Option<String>) -> Outcome<Arc<Config>> {
    let terms = agreement.map(|agreement| Terms::parse(&agreement)).transpose()?;
    let config = Config::default().with(|config| {
        config.deadlines.ping = None; // it could hide a deadlock
        config.deflate = terms.map(|terms| terms.options(Role::Server));
    });
    Ok(Arc::new(config))
}

/// What the server is to do after an event.
pub(crate) enum Next {
    Nothing,
    /// Cut the connection.
    Cut,
    /// Send [`seen`] of this path.
    TellOf(String),
}

/// The state of a connection.
#[derive(Default)]
pub(crate) struct Session {
    path: String,
    offer: String,
    /// The payload of the expected pong.
    pinged: String,
}

impl Session {
    /// Accepts or refuses by the path.
    pub(crate) fn accept(&mut self, request: Request) -> Result<Connection, Refusal> {
        self.path = request.path().into();
        self.offer = String::from_utf8_lossy(request.header("sec-websocket-extensions").unwrap_or_default()).into();
        let accept = match request.path() {
            "/same-origin" => Accept::same_origin(),
            path if path.starts_with("/chat") => Accept::any_origin().protocols(["chat"]),
            path => match path.strip_prefix("/refuse/").and_then(|status| status.parse().ok()) {
                Some(status) => return Err(request.refuse(status, format!("refused with {status}"))),
                None => Accept::any_origin(),
            },
        };
        request.accept(&accept)
    }

    pub(crate) fn answer(&mut self, event: Event<'_>, connection: &mut Connection) -> Outcome<Next> {
        match event {
            Event::Text(text) if text.starts_with('!') => return self.obey(&text, connection),
            Event::Text(text) => connection.send_text(text)?,
            Event::Binary(data) => connection.send_binary(data)?,
            Event::Pong(payload) if *payload == *self.pinged.as_bytes() => {
                connection.send_text(format!("pong {}", self.pinged))?;
            }
            _ => {}
        }
        Ok(Next::Nothing)
    }

    fn obey(&mut self, text: &str, connection: &mut Connection) -> Outcome<Next> {
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
            "!drop" => return Ok(Next::Cut),
            "!offer" => connection.send_text(&self.offer)?,
            "!seen" => return Ok(Next::TellOf(rest.into())),
            _ => return Err(format!("no such command: {text}").into()),
        }
        Ok(Next::Nothing)
    }

    /// Remembers how the connection ended.
    pub(crate) fn end(self, closure: &Closure) {
        let seen = json(closure);
        println!("{} {seen}", self.path);
        ENDED.lock().unwrap().insert(self.path, seen);
        ONE_MORE.notify_all();
    }
}

/// How the connection with this path ended. Blocks until it has.
pub(crate) fn seen(path: &str) -> String {
    let ended = ENDED.lock().unwrap();
    let wait = Duration::from_secs(10);
    let (ended, _) = ONE_MORE.wait_timeout_while(ended, wait, |ended| !ended.contains_key(path)).unwrap();
    ended.get(path).cloned().unwrap_or_else(|| "{}".into())
}

/// For strings without control characters, `Debug` prints what JSON requires.
fn json(closure: &Closure) -> String {
    format!(
        r#"{{"code":{},"clean":{},"begun_by":"{}","reason":{:?},"cause":{:?}}}"#,
        closure.code().get(),
        closure.is_clean(),
        match closure.begun_by() {
            Endpoint::Local => "local",
            Endpoint::Remote => "peer",
        },
        closure.reason(),
        closure.cause().to_string(),
    )
}
