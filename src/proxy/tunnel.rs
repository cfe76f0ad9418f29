use super::{
    Proxy, Target, TunnelError,
    connect::{self, Connect},
    socks5::{Socks5, Step},
};
use crate::{Input, Output};
use bytes::Bytes;
use core::fmt;

/// The dialogue with a proxy that asks for a connection to a server, on a transport that is connected to the proxy.
///
/// The adapters use it themselves. With a driver of your own:
///
/// 1. Write the [`output`](Self::output). There can be new output after each call of `receive`.
/// 2. Pass the bytes of each read to [`receive`](Self::receive), and report the end of the stream with
///    [`receive_eof`](Self::receive_eof), until one of them returns an outcome. There is no deadline: limit how long you wait.
///
/// The [module](super) has an example.
///
/// Memory is bounded: at most twice the received bytes are stored, of which there may be 16 KiB.
#[must_use]
pub struct Tunnel {
    output: Output,
    /// `None` after the outcome.
    dialogue: Option<Dialogue>,
}

enum Dialogue {
    Connect(Connect),
    Socks5(Socks5),
}

/// What to do next: the result of [`Tunnel::receive`] and [`Tunnel::receive_eof`].
#[non_exhaustive]
#[derive(Debug)]
#[must_use]
pub enum TunnelProgress {
    /// Write the [output](Tunnel::output), then read more: all input was consumed. Calls after the outcome return this, too, and consume
    /// nothing.
    Incomplete,
    /// The transport is connected to the server. The rest of the input was sent by the server, if there is any.
    Open,
    /// There is no tunnel: close the transport.
    Failed(TunnelError),
}

impl Tunnel {
    /// Creates the dialogue. Its first message waits in the [`output`](Self::output).
    ///
    /// # Errors
    ///
    /// [`TunnelError::Target`] if the name of the target is not a valid host, or too long for SOCKS5.
    pub fn new(proxy: &Proxy, target: Target<'_>) -> Result<Self, TunnelError> {
        let is_socks = proxy.scheme.is_socks();
        let (host, port) = target.check(is_socks)?;
        let (dialogue, first) = if is_socks {
            let (socks, greeting) = Socks5::new(&host, port, proxy.credentials.clone());
            (Dialogue::Socks5(socks), greeting)
        } else {
            (Dialogue::Connect(Connect::new()), connect::request(&host, port, proxy.credentials.as_ref()))
        };
        Ok(Self { output: Output::starting_with(first), dialogue: Some(dialogue) })
    }

    /// Returns the bytes to write to the proxy. With `std`, `Output::write_to` writes them.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Consumes the proxy's answers from the front of `input`, as far as they have arrived.
    ///
    /// Nothing behind them is consumed. After [`TunnelProgress::Open`], the rest of `input` is from the server.
    ///
    /// The outcome does not depend on how the bytes are split into calls, except for the excerpt of a line that is not HTTP:
    /// [`HandshakeError::StartLine`](crate::HandshakeError::StartLine) in [`TunnelError::Http`]. After the outcome, further calls
    /// consume nothing and return [`TunnelProgress::Incomplete`].
    ///
    /// If an HTTP proxy refuses with a body of the type `text/plain`, up to 1 KiB of it is awaited, since it has the reason.
    pub fn receive(&mut self, input: &mut Input<'_>) -> TunnelProgress {
        let is_open = match &mut self.dialogue {
            None => return TunnelProgress::Incomplete,
            Some(Dialogue::Connect(connect)) => connect.receive(input),
            Some(Dialogue::Socks5(socks)) => loop {
                match socks.receive(input) {
                    Ok(Step::Read) => break Ok(false),
                    Ok(Step::Write(message)) => self.output.push_encoded(&Bytes::from(message)),
                    Ok(Step::Open) => break Ok(true),
                    Err(error) => break Err(error),
                }
            },
        };
        match is_open {
            Ok(false) => return TunnelProgress::Incomplete,
            Ok(true) => self.dialogue = None,
            Err(error) => return self.fail(error),
        }
        TunnelProgress::Open
    }

    /// Returns how many bytes a driver can read from the transport, so that none of them can be from the server. They are at least one.
    ///
    /// With more than one, the excerpt of a line that is not HTTP has more than its first byte.
    #[cfg(feature = "std")]
    pub(crate) fn read_len(&self) -> usize {
        match &self.dialogue {
            Some(Dialogue::Connect(connect)) => connect.read_len(),
            // Its errors have no excerpts.
            Some(Dialogue::Socks5(_)) | None => 1,
        }
    }

    /// Reports that the proxy's stream has ended, and returns the reason for which there is no tunnel. After an outcome it returns
    /// [`TunnelProgress::Incomplete`].
    ///
    /// Use it also if your deadline has passed, and the proxy has refused but not finished its reason: the error then has the status.
    pub fn receive_eof(&mut self) -> TunnelProgress {
        let error = match &self.dialogue {
            None => return TunnelProgress::Incomplete,
            Some(Dialogue::Connect(connect)) => connect.receive_eof(),
            Some(Dialogue::Socks5(socks)) => socks.receive_eof(),
        };
        self.fail(error)
    }

    fn fail(&mut self, error: TunnelError) -> TunnelProgress {
        self.dialogue = None;
        TunnelProgress::Failed(error)
    }
}

/// The messages are left out, since they can contain a password.
impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { output, dialogue } = self;
        f.debug_struct("Tunnel").field("output", output).field("done", &dialogue.is_none()).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// Whatever the proxy answers, and nothing behind it, is read in parts of this length.
    #[test]
    fn reads_stay_in_the_dialogue() {
        for answer in [
            &b"HTTP/1.1 200\r\n\r\n"[..],
            b"HTTP/1.0 200 OK\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200\r\n\r\n",
        ] {
            let mut tunnel = Tunnel::new(&Proxy::from_uri("h").unwrap(), Target::Name("s", 1)).unwrap();
            let mut bytes = [answer, b"the server's"].concat();
            let mut rest = &mut *bytes;
            loop {
                let (read, behind) = rest.split_at_mut(tunnel.read_len());
                rest = behind;
                let mut input = Input::from(read);
                match tunnel.receive(&mut input) {
                    TunnelProgress::Incomplete => {}
                    TunnelProgress::Open => break assert!(input.is_empty()),
                    TunnelProgress::Failed(error) => panic!("{error}"),
                }
            }
            assert_eq!(rest, b"the server's");
        }
    }

    /// The first read has enough for an error that shows what was received.
    #[test]
    fn an_excerpt() {
        let mut tunnel = Tunnel::new(&Proxy::from_uri("h").unwrap(), Target::Name("s", 1)).unwrap();
        let mut bytes = *b"SSH-2.0-OpenSSH_9.2\r\n";
        let len = tunnel.read_len();
        let TunnelProgress::Failed(error) = tunnel.receive(&mut Input::from(&mut bytes[..len])) else { panic!() };
        assert!(error.to_string().contains("\"SSH-2.0-"), "{error}");
    }
}
