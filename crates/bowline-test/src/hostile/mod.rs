//! Peers that attack: a catalogue of scripts, to be played against connections and handlers.
//!
//! [`all`] has what a peer can do after the opening handshake: everything that RFC 6455 forbids, and what exhausts memory or patience.
//! Each entry names the rule or the limit, and how the connection has to end. With the feature `deflate`, `compressed` has attacks on
//! compression.
//!
//! ```
//! use bowline::{Connection, Role};
//! use bowline_test::{config, hostile};
//!
//! for attack in hostile::all(Role::Server) {
//!     attack.assert_held(Connection::new(Role::Server, config()));
//! }
//! ```
//!
//! A handler on Tokio is attacked in the same way: pass `attack.script` to `Script::play`, over a stream of
//! `bowline_test::tokio::stream_pair`, with Tokio's clock paused.

#[cfg(feature = "deflate")]
mod compressed;
mod excess;
mod violations;

#[cfg(feature = "deflate")]
pub use compressed::{compressed, compressing};

use crate::script::Script;
use bowline::{Cause, CloseCode, Closure, Connection, Deadline, Event, Role};
use std::{error, fmt, time::Duration};

/// How long an attacker waits: longer than every default deadline.
const PATIENCE: Duration = Duration::from_secs(600);

/// How many bytes the wire holds that the attacker does not read.
const CAPACITY: usize = 64 * 1024;

/// One attack.
#[non_exhaustive]
#[derive(Clone, Debug)]
#[must_use]
pub struct Attack {
    /// What the attacker does.
    pub name: &'static str,
    /// The rule that it breaks, or the limit or the deadline that it runs into: such as `RFC 6455 §5.2` or `Limits::message`.
    pub against: &'static str,
    /// What the attacker does, step by step. It has no opening handshake.
    pub script: Script,
    /// How the connection has to end, with the default configuration.
    pub ending: Ending,
}

/// How a connection has to end: see [`Attack::ending`].
///
/// ```
/// use bowline::{CloseCode, Role};
/// use bowline_test::{Pair, hostile::Ending};
///
/// let mut pair = Pair::new();
/// pair.inject(Role::Client, b"\x83\x80"); // a reserved opcode
/// pair.run();
/// let closure = pair.server.connection.closure().unwrap();
/// assert!(Ending::Violation(CloseCode::PROTOCOL_ERROR).is(closure));
/// assert!(!Ending::Normal.is(closure));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The attack is a violation. The connection sent a Close frame with this code.
    Violation(CloseCode),
    /// A deadline expired.
    Deadline(Deadline),
    /// The attack does no harm, and the connection ends normally afterwards.
    Normal,
}

impl Ending {
    /// Whether a connection that ended like this has held.
    #[must_use]
    pub fn is(self, closure: &Closure) -> bool {
        match (self, closure.cause()) {
            (Self::Violation(code), Cause::Protocol(error)) => error.close_code() == code,
            (Self::Deadline(expected), Cause::Deadline(deadline)) => deadline == expected,
            (Self::Normal, _) => closure.is_normal(),
            _ => false,
        }
    }
}

impl Attack {
    fn new(name: &'static str, against: &'static str, ending: Ending, role: Role) -> Self {
        Self { name, against, ending, script: Script::new(role.peer()).patience(PATIENCE) }
    }

    /// With these steps. In the end, an attacker that breaks no rule closes the connection.
    fn with(self, steps: impl FnOnce(Script) -> Script) -> Self {
        let is_normal = self.ending == Ending::Normal;
        self.with_all(|script| {
            let script = steps(script);
            if is_normal { script.send_close(CloseCode::NORMAL, "") } else { script }
        })
    }

    /// With these steps. In the end, all attackers read until the stream ends.
    fn with_all(mut self, steps: impl FnOnce(Script) -> Script) -> Self {
        self.script = steps(self.script).ignore_until_end();
        self
    }

    /// Plays it against a connection that sends each message back, over a wire that holds 64 KiB.
    ///
    /// # Panics
    ///
    /// If the connection does not hold: see [`check`](Self::check).
    #[expect(clippy::panic, reason = "the calls of this crate that check something are for tests")]
    #[track_caller]
    pub fn assert_held(&self, connection: Connection) {
        self.check(connection).unwrap_or_else(|breach| panic!("{breach}"));
    }

    /// The same, with the outcome as a result.
    ///
    /// # Errors
    ///
    /// [`Breach`] if the connection does not end as it has to, or is not closed within its close deadline.
    ///
    /// # Panics
    ///
    /// If the connection has the role of the attacker.
    #[track_caller]
    pub fn check(&self, connection: Connection) -> Result<(), Breach> {
        let role = connection.role();
        let close = connection.config().deadlines.close;
        let mut pair = self.script.clone().against(connection);
        pair.faults_from(role).capacity = CAPACITY;
        let played = pair.play(|connection, event| {
            // A queue that is full is how the connection holds.
            let _ = match event {
                Event::Text(text) => connection.send_text(text),
                Event::Binary(data) => connection.send_binary(data),
                _ => Ok(()),
            };
        });
        pair.advance(close);
        let connection = &pair.end.connection;
        let held = connection.closure().is_some_and(|closure| self.ending.is(closure)) && connection.is_closed();
        if held {
            return Ok(());
        }
        let closure = connection.closure().map(|closure| format!(", {closure}"));
        let state = format!("{}{}", connection.state(), closure.unwrap_or_default());
        let mismatch = played.err().map(|mismatch| format!("\n{mismatch}"));
        Err(Breach(format!(
            "the {role} did not hold against: {} ({})\n  expected: {:?}\n  but it is {state}{}",
            self.name,
            self.against,
            self.ending,
            mismatch.unwrap_or_default()
        )))
    }
}

/// A connection that did not hold against an [`Attack`]: the attack, the expected ending, and the state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach(String);

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Breach {}

/// All attacks on a connection with this role, without compression.
#[must_use]
pub fn all(role: Role) -> Vec<Attack> {
    [violations::headers(role), violations::sequences(role), violations::payloads(role), excess::all(role)].concat()
}
