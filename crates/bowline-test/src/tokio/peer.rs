use super::{Stream, perform::perform};
use crate::{
    frame::Frame,
    received::Received,
    script::{Mismatch, Player, Script, Step},
    wire::Wire,
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use bowline::{CloseCode, Role, client};
use std::{fmt, panic::Location, time::Duration};

/// A peer that a test plays step by step, over any stream: with the steps of a [`Script`] as methods. A step that does not go as the
/// test expects panics, with the step, what was received, what was received before, and the line of the test.
///
/// Frames are decoded without a [`Connection`](bowline::Connection), so that a test sees exactly what was sent, and can send what is
/// not allowed. Nothing is answered unless [`auto_pong`](Self::auto_pong) or [`auto_close`](Self::auto_close) is on.
///
/// ```
/// use bowline::{Config, Connection, Role, adapter::tokio::WebSocket};
/// use bowline_test::{Wire, tokio::{Peer, stream_pair}};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let (far, near) = stream_pair(Wire::new());
/// let mut socket = WebSocket::new(near, Connection::new(Role::Server, Config::default()));
/// tokio::spawn(async move { while let Ok(Some(_)) = socket.recv().await {} });
///
/// // A peer that says nothing. With Tokio's clock paused, a minute takes no time.
/// let mut peer = Peer::new(far, Role::Client);
/// peer.expect_ping("").await;
/// peer.expect_close(1011).await;
/// assert_eq!(peer.elapsed().as_secs(), 60);
/// # }
/// ```
///
/// # Panics
///
/// All its methods that are asynchronous panic if the step fails. Use a [`Script`] for errors instead.
///
/// # Cancel safety
///
/// The future of a step can be dropped. What it has begun to send, the next step continues to send, and what has arrived stays for
/// the next step.
pub struct Peer<S> {
    stream: S,
    player: Player,
    origin: Instant,
}

/// How a peer begins.
impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// A peer with this role, after the opening handshake: for connections that are made by `Connection::new`.
    #[must_use]
    pub fn new(stream: S, role: Role) -> Self {
        let (player, _) = Script::new(role).into_parts();
        Self { stream, player, origin: Instant::now() }
    }

    /// A client: opens a connection to a URI such as `ws://localhost/chat`. The stream is used whatever the host is.
    #[track_caller]
    pub fn connect(stream: S, uri: &str) -> impl Future<Output = Self> {
        let request = client::Request::from_uri(uri);
        let location = Location::caller();
        async move { Self::open(stream, request.unwrap_or_else(|error| fail(&error, location)), location).await }
    }

    /// A client: opens a connection with a request that may have subprotocols and header fields.
    #[track_caller]
    pub fn connect_with(stream: S, request: client::Request) -> impl Future<Output = Self> {
        Self::open(stream, request, Location::caller())
    }

    /// A server: waits for an opening handshake for any path, and accepts it.
    #[track_caller]
    pub fn accept(stream: S) -> impl Future<Output = Self> {
        let location = Location::caller();
        async move {
            let mut peer = Self::new(stream, Role::Server);
            peer.play_at(Script::server(), location).await;
            peer
        }
    }

    async fn open(stream: S, request: client::Request, location: &Location<'_>) -> Self {
        let mut peer = Self::new(stream, Role::Client);
        peer.play_at(Script::new(Role::Client).send_request(request).expect_response(101), location).await;
        peer
    }
}

/// What it is, and how it behaves.
impl<S> Peer<S> {
    /// Answers each ping with a pong. Pings are then skipped where something else is expected.
    #[must_use]
    pub const fn auto_pong(mut self) -> Self {
        self.player.habits.answers_pings = true;
        self
    }

    /// Answers the Close frame of the other end with its code, when it was expected. A peer that has sent one does not answer.
    #[must_use]
    pub const fn auto_close(mut self) -> Self {
        self.player.habits.answers_close = true;
        self
    }

    /// How long a step waits for something to be received, or for bytes to be accepted. The default is 60 seconds.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.player.habits.patience = patience;
        self
    }

    /// Everything that was received, in order.
    #[must_use]
    pub fn received(&self) -> &[Received] {
        self.player.received()
    }

    /// How much time has passed since this peer was made, on Tokio's clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Returns the stream. What was read from it and not expected is lost.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl Peer<Stream> {
    /// Resets the connection in both directions.
    pub fn reset(self) {
        self.stream.wire().with(Wire::reset);
    }
}

/// Methods that play one step each.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)+) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(&mut self, $($argument: $type),*) -> impl Future<Output = ()> {
            self.play(Script::new(self.player.role()).$name($($argument),*))
        }
    )+};
}

/// What is expected.
impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    steps! {
        /// Expects a text message.
        expect_text(text: impl Into<String>);
        /// Expects a binary message.
        expect_binary(data: impl Into<Vec<u8>>);
        /// Expects a ping with this payload. The pings of the keepalive of bowline have none.
        expect_ping(payload: impl Into<Vec<u8>>);
        /// Expects a pong with this payload.
        expect_pong(payload: impl Into<Vec<u8>>);
        /// Expects a Close frame with this code, and any reason.
        expect_close(code: impl Into<CloseCode>);
        /// Expects the end of the stream.
        expect_end();
        /// Expects a frame with this first byte and this payload: for fragments, and frames that are not joined to messages.
        expect_frame(first: u8, payload: impl Into<Vec<u8>>);
        /// Reads, and forgets what it reads, until the stream ends.
        ignore_until_end();
    }

    /// Waits for the next message, control frame or end of the stream, and returns it.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, adapter::tokio::WebSocket};
    /// # use bowline_test::{Wire, tokio::{Peer, stream_pair}};
    /// use bowline_test::Received;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let (far, near) = stream_pair(Wire::new());
    /// # let mut socket = WebSocket::new(near, Connection::new(Role::Server, Config::default()));
    /// # socket.send("it is 12:00").await.unwrap();
    /// # let mut peer = Peer::new(far, Role::Client);
    /// let Received::Text(text) = peer.recv().await else { panic!("not a text message") };
    /// assert!(text.contains("12:00"));
    /// # }
    /// ```
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Received> {
        self.expect_matching("anything", |received| !matches!(received, Received::Illegal(_)))
    }

    /// Waits for the next text message, and returns it.
    #[track_caller]
    pub fn recv_text(&mut self) -> impl Future<Output = String> {
        let received = self.expect_matching("a text message", |received| matches!(received, Received::Text(_)));
        async {
            match received.await {
                Received::Text(text) => text,
                _ => String::new(), // it was checked
            }
        }
    }

    /// Waits for something for which `is_expected` returns true, and returns it. `what` describes it for a failure.
    #[track_caller]
    pub fn expect_matching(
        &mut self,
        what: &str,
        is_expected: impl Fn(&Received) -> bool + Send + Sync + 'static,
    ) -> impl Future<Output = Received> {
        let location = Location::caller();
        let script = Script::new(self.player.role()).expect_matching(what, is_expected);
        async move {
            self.play_at(script, location).await;
            self.player.received().last().cloned().unwrap_or(Received::End)
        }
    }
}

/// What is sent, and what else happens.
impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    steps! {
        /// Sends a text message in one frame.
        send_text(text: &str);
        /// Sends a binary message in one frame.
        send_binary(data: impl Into<Vec<u8>>);
        /// Sends a ping.
        send_ping(payload: impl Into<Vec<u8>>);
        /// Sends a pong.
        send_pong(payload: impl Into<Vec<u8>>);
        /// Sends a Close frame with any code, also one that must not be sent.
        send_close(code: impl Into<CloseCode>, reason: &str);
        /// Sends a frame exactly as it is, legal or not: see [`Frame::sent_by`] for its masking.
        send_frame(frame: &Frame);
        /// Sends bytes that need not be frames.
        send_bytes(bytes: impl Into<Vec<u8>>);
        /// Lets time pass. Nothing is read meanwhile.
        wait(time: Duration);
        /// Ends the stream that this peer writes, and leaves the other direction open.
        end();
    }

    /// Plays the steps of a script, as if they were called one after the other. What the script is to answer by itself, and its
    /// patience, have no effect: those of this peer count.
    #[track_caller]
    pub fn play(&mut self, script: Script) -> impl Future<Output = ()> {
        self.play_at(script, Location::caller())
    }

    async fn play_at(&mut self, script: Script, location: &Location<'_>) {
        for step in script.steps {
            if let Err(mismatch) = self.perform(&step).await {
                fail(&mismatch, location);
            }
        }
    }

    async fn perform(&mut self, step: &Step) -> Result<(), Mismatch> {
        perform(&mut self.player, &mut self.stream, self.origin, step).await.map(|_| ())
    }
}

#[expect(clippy::panic, reason = "the calls of this crate that check something are for tests")]
fn fail(error: &impl fmt::Display, location: &Location<'_>) -> ! {
    panic!("{error}\n  at:       {location}")
}

impl<S: fmt::Debug> fmt::Debug for Peer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, player, .. } = self;
        f.debug_struct("Peer").field("stream", stream).field("received", &player.received()).finish_non_exhaustive()
    }
}
