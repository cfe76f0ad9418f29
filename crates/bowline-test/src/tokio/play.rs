//! Scripts over streams.

use super::perform::{Flow, perform};
use crate::{
    received::Received,
    script::{Mismatch, Played, Script},
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

impl Script {
    /// Plays this script over a stream, to its end. Then the stream is dropped, if it was passed by value.
    ///
    /// ```
    /// use bowline::{Config, adapter::tokio as ws, server::Accept};
    /// use bowline_test::{Script, Wire, tokio::stream_pair};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (far, near) = stream_pair(Wire::new());
    /// tokio::spawn(async move {
    ///     let mut socket = ws::accept(near, &Accept::same_origin(), Config::default()).await?;
    ///     while let Some(message) = socket.recv().await? {
    ///         socket.send(message).await?;
    ///     }
    ///     Ok::<_, ws::Error>(())
    /// });
    /// let script = Script::client("ws://localhost/").send_text("Hello").expect_text("Hello").send_close(1000, "").expect_close(1000);
    /// script.play(far).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if a step did not go as it was written. The rest of the script is then left out.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future loses what was received and the rest of the script.
    pub async fn play<S: AsyncRead + AsyncWrite + Unpin>(self, mut stream: S) -> Result<Played, Mismatch> {
        self.play_on(&mut stream, |_| {}).await.map(|(played, _)| played)
    }

    /// The same, with how it ended: a script can end with a reset. `look` gets what was received, after each step.
    pub(super) async fn play_on<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: &mut S,
        look: impl Fn(&[Received]),
    ) -> Result<(Played, Flow), Mismatch> {
        let (mut player, steps) = self.into_parts();
        let origin = Instant::now();
        let mut flow = Flow::Continue;
        for step in &steps {
            let performed = perform(&mut player, stream, origin, step).await;
            look(player.received());
            flow = performed?;
            if flow == Flow::Reset {
                break;
            }
        }
        Ok((Played::new(player.received().to_vec(), origin.elapsed()), flow))
    }
}
