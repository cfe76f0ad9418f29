//! Scripted peers: what a peer sends and expects, step by step.

mod mismatch;
mod opening;
mod played;
mod player;
mod reader;
mod step;

pub use mismatch::Mismatch;
pub use played::Played;
pub(crate) use player::{Habits, Player, Todo};
pub(crate) use step::{Expected, Step};

use crate::{frame::Frame, received::Received};
use bowline::{
    CloseCode, Connection, Role, client,
    server::{self, Accept, Refusal},
};
use std::{sync::Arc, time::Duration};
use step::{Answer, Condition};

/// What a peer does, step by step: it sends frames, legal or not, and expects frames. Frames are decoded without a [`Connection`], so
/// that it sees exactly what was sent, and can break any rule.
///
/// - [`against`](Self::against) plays it against a [`Connection`], in virtual time.
/// - `play`, with the feature `tokio`, plays it over a stream, in Tokio's time.
/// - `tokio::MockServer` plays it for each client that connects.
///
/// `tokio::Peer` has the same steps as methods, for a test that decides as it goes.
///
/// Steps that expect something fail with a [`Mismatch`] if anything else is received, or nothing within
/// [`patience`](Self::patience). Fragments are joined, and nothing is answered unless the script says so.
///
/// ```
/// use bowline::{Connection, Event, Role};
/// use bowline_test::{Script, config};
///
/// let script = Script::new(Role::Client)
///     .send_text("Hello")
///     .send_ping("?")
///     .expect_text("Hello to you")
///     .expect_pong("?")
///     .send_close(1000, "bye")
///     .expect_close(1000)
///     .expect_end();
///
/// let mut pair = script.against(Connection::new(Role::Server, config()));
/// pair.play(|connection, event| {
///     if let Event::Text(text) = event {
///         connection.send_text(&format!("{text} to you")).unwrap();
///     }
/// })?;
/// assert!(pair.end.connection.is_closed());
/// # Ok::<(), bowline_test::Mismatch>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a script does nothing until it is played"]
pub struct Script {
    role: Role,
    pub(crate) steps: Vec<Step>,
    habits: Habits,
}

/// How a script begins.
impl Script {
    /// A peer with this role, after the opening handshake: for connections that are made by [`Connection::new`].
    ///
    /// Steps of the handshake can be added: [`send_request`](Self::send_request) for a client, and
    /// [`expect_request`](Self::expect_request) for a server.
    pub fn new(role: Role) -> Self {
        Self { role, steps: Vec::new(), habits: Habits::default() }
    }

    /// A client that opens a connection: it sends a request for the resource of a URI such as `ws://localhost/chat`, and expects status
    /// 101.
    ///
    /// # Panics
    ///
    /// If the URI is not valid.
    #[expect(clippy::panic, reason = "the calls of this crate that check something are for tests")]
    #[track_caller]
    pub fn client(uri: &str) -> Self {
        let request = client::Request::from_uri(uri).unwrap_or_else(|error| panic!("{error}"));
        Self::new(Role::Client).send_request(request).expect_response(101)
    }

    /// A server that opens a connection: it expects a request for any path from any origin, and accepts it.
    pub fn server() -> Self {
        Self::new(Role::Server).expect_request().accept()
    }

    /// Answers each ping with a pong. Pings are then skipped where something else is expected.
    pub const fn auto_pong(mut self) -> Self {
        self.habits.answers_pings = true;
        self
    }

    /// Answers the Close frame of the other end with its code, when it was expected. A script that has sent one does not answer.
    pub const fn auto_close(mut self) -> Self {
        self.habits.answers_close = true;
        self
    }

    /// How long a step waits for something to be received, or for bytes to be accepted. The default is 60 seconds.
    ///
    /// In virtual time, or with Tokio's clock paused, waiting takes no time. Against a `MockServer` it is real.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.habits.patience = patience;
        self
    }

    /// The role of this peer.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn expect(self, expected: Expected) -> Self {
        self.step(Step::Expect(expected))
    }

    /// What a player needs.
    pub(crate) fn into_parts(self) -> (Player, Vec<Step>) {
        (Player::new(self.role, self.habits), self.steps)
    }
}

/// The opening handshake.
impl Script {
    /// Sends the request of an opening handshake.
    pub fn send_request(self, request: client::Request) -> Self {
        self.step(Step::Request(Box::new(request)))
    }

    /// Expects the answer to the request, with this status: 101 opens the connection. After any other, what follows is skipped until the
    /// end of the stream.
    pub fn expect_response(self, status: u16) -> Self {
        self.step(Step::ExpectResponse(status))
    }

    /// Expects the request of an opening handshake.
    pub fn expect_request(self) -> Self {
        self.step(Step::ExpectRequest(None))
    }

    /// Expects a request for this path, with its query if there is one.
    pub fn expect_request_for(self, path_and_query: &str) -> Self {
        self.step(Step::ExpectRequest(Some(path_and_query.into())))
    }

    /// Accepts the request.
    pub fn accept(self) -> Self {
        self.answer(|request| request.accept(&Accept::any_origin()))
    }

    /// Refuses the request with this status and this body. Usually [`end`](Self::end) follows.
    pub fn refuse(self, status: u16, body: &str) -> Self {
        let body = body.to_owned();
        self.answer(move |request| Err(request.refuse(status, &body)))
    }

    /// Accepts or refuses the request as `decide` does: with a subprotocol, or with further header fields.
    ///
    /// ```
    /// use bowline::{Role, server::Accept};
    /// use bowline_test::Script;
    ///
    /// let chat = Script::new(Role::Server)
    ///     .expect_request()
    ///     .answer(|request| request.accept(&Accept::any_origin().protocols(["chat"])));
    /// let login = Script::new(Role::Server)
    ///     .expect_request()
    ///     .answer(|request| Err(request.refuse(401, "").header("WWW-Authenticate", "Basic").unwrap()));
    /// ```
    pub fn answer(
        self,
        decide: impl Fn(server::Request) -> Result<Connection, Refusal> + Send + Sync + 'static,
    ) -> Self {
        self.step(Step::Answer(Answer(Arc::new(decide))))
    }
}

/// What is expected.
impl Script {
    /// Expects a text message.
    pub fn expect_text(self, text: impl Into<String>) -> Self {
        self.expect(Expected::Text(text.into()))
    }

    /// Expects a binary message.
    pub fn expect_binary(self, data: impl Into<Vec<u8>>) -> Self {
        self.expect(Expected::Binary(data.into()))
    }

    /// Expects a ping with this payload. The pings of the keepalive of bowline have none.
    pub fn expect_ping(self, payload: impl Into<Vec<u8>>) -> Self {
        self.expect(Expected::Ping(payload.into()))
    }

    /// Expects a pong with this payload.
    pub fn expect_pong(self, payload: impl Into<Vec<u8>>) -> Self {
        self.expect(Expected::Pong(payload.into()))
    }

    /// Expects a Close frame with this code, and any reason. [`CloseCode::NO_STATUS`] is a frame without a body.
    pub fn expect_close(self, code: impl Into<CloseCode>) -> Self {
        self.expect(Expected::Close(code.into()))
    }

    /// Expects the end of the stream.
    pub fn expect_end(self) -> Self {
        self.expect(Expected::End)
    }

    /// Expects a frame with this first byte and this payload: for fragments, reserved bits, and frames that are not joined to messages.
    pub fn expect_frame(self, first: u8, payload: impl Into<Vec<u8>>) -> Self {
        self.expect(Expected::Frame(first, payload.into()))
    }

    /// Expects anything that breaks no rule.
    pub fn expect_any(self) -> Self {
        self.expect(Expected::Any)
    }

    /// Expects something for which `is_expected` returns true. `what` describes it in a mismatch.
    ///
    /// ```
    /// use bowline::Role;
    /// use bowline_test::{Received, Script};
    ///
    /// let script = Script::new(Role::Client)
    ///     .expect_matching("a time", |received| matches!(received, Received::Text(text) if text.starts_with("12:")));
    /// ```
    pub fn expect_matching(self, what: &str, is_expected: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        self.expect(Expected::Matching(what.into(), Condition(Arc::new(is_expected))))
    }

    /// Reads, and forgets what it reads, until the stream ends.
    pub fn ignore_until_end(self) -> Self {
        self.step(Step::Ignore)
    }
}

/// What is sent, and what else happens.
impl Script {
    /// Sends a text message in one frame.
    pub fn send_text(self, text: &str) -> Self {
        let frame = Frame::text(text);
        self.send(format!("text {}", crate::received::Shown(text.as_bytes())), frame)
    }

    /// Sends a binary message in one frame.
    pub fn send_binary(self, data: impl Into<Vec<u8>>) -> Self {
        let frame = Frame::binary(data);
        self.send(format!("binary {}", crate::received::WithSize(&frame.payload)), frame)
    }

    /// Sends a ping.
    pub fn send_ping(self, payload: impl Into<Vec<u8>>) -> Self {
        self.send("a ping".into(), Frame::ping(payload))
    }

    /// Sends a pong.
    pub fn send_pong(self, payload: impl Into<Vec<u8>>) -> Self {
        self.send("a pong".into(), Frame::pong(payload))
    }

    /// Sends a Close frame with any code, also one that must not be sent. [`CloseCode::NO_STATUS`] is a frame without a body.
    pub fn send_close(self, code: impl Into<CloseCode>, reason: &str) -> Self {
        let code = code.into();
        self.send(format!("a Close frame with {code}"), Frame::close(code, reason))
    }

    /// Sends a frame exactly as it is, legal or not: see [`Frame::sent_by`] for its masking.
    pub fn send_frame(self, frame: &Frame) -> Self {
        let what = format!("a frame {:#04x} {}", frame.first, crate::received::Shown(&frame.payload));
        self.step(Step::Send(what, frame.encode()))
    }

    /// Sends bytes that need not be frames.
    pub fn send_bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.step(Step::Send(format!("bytes {}", crate::received::WithSize(&bytes)), bytes))
    }

    /// Sends the same bytes `times` times, and reads nothing meanwhile. It is over earlier if the other end closes the stream.
    pub fn flood(self, bytes: impl Into<Vec<u8>>, times: u64) -> Self {
        self.step(Step::Flood(bytes.into(), times))
    }

    /// Sends one byte at a time, with a pause of `every` between two, and reads nothing meanwhile. It is over earlier if the other end
    /// closes the stream.
    pub fn trickle(self, bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        self.step(Step::Trickle(bytes.into(), every))
    }

    /// Lets time pass. Nothing is read meanwhile.
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// Ends the stream that this peer writes, and leaves the other direction open.
    pub fn end(self) -> Self {
        self.step(Step::End)
    }

    /// Resets the stream: the last step. `play` drops the stream, as streams have no common way to do more; a `MockServer` resets the
    /// TCP connection, and [`against`](Self::against) the wire.
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    fn send(self, what: String, frame: Frame) -> Self {
        let frame = frame.sent_by(self.role);
        self.step(Step::Send(what, frame.encode()))
    }
}
