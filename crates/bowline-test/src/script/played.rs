use crate::received::{Received, RequestHead};
use std::time::Duration;

/// A script that was played to its end.
///
/// ```
/// use bowline::{Connection, Role};
/// use bowline_test::{Received, Script, config};
///
/// let mut server = Connection::new(Role::Server, config());
/// server.send_text("12:00")?;
/// let played = Script::new(Role::Client).expect_any().against(server).play(|_, _| {})?;
/// assert_eq!(played.received(), [Received::Text("12:00".into())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Played {
    received: Vec<Received>,
    elapsed: Duration,
}

impl Played {
    pub(crate) const fn new(received: Vec<Received>, elapsed: Duration) -> Self {
        Self { received, elapsed }
    }

    /// Everything that was received, in order, except for what [`ignore_until_end`](crate::Script::ignore_until_end) skipped.
    #[must_use]
    pub fn received(&self) -> &[Received] {
        &self.received
    }

    /// The request of the opening handshake, if the script expected one.
    #[must_use]
    pub fn request(&self) -> Option<&RequestHead> {
        self.received.iter().find_map(|received| match received {
            Received::Request(head) => Some(head),
            _ => None,
        })
    }

    /// How much time passed, on the clock that the script was played with.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
