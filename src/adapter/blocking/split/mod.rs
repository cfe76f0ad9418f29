//! Two halves of a connection, for different threads.
//!
//! The halves share one [`WebSocket`] behind a mutex, which is never locked while a thread waits. Each thread waits for the socket
//! itself, with `poll`. While the receiver waits, it is the one that reads: a sender that took its bytes would leave it asleep. If
//! it does not wait, a sender that waits for the stream receives into the inbox, which the receiver looks at first. Whoever has
//! something to write writes it. A sender that begins or notices the end of the connection wakes the receiver, whose timeout is no
//! longer right then.

mod receiver;
mod reunite;
mod sender;
mod waiter;

pub use receiver::Receiver;
pub use reunite::ReuniteError;
pub use sender::Sender;

use super::{Transport, WebSocket};
use alloc::sync::Arc;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};
use waiter::Waiter;

impl<S: Transport> WebSocket<S> {
    /// Splits the connection into two halves, to receive in one thread and to send from others.
    ///
    /// The [`Sender`] can be cloned. Keep one thread waiting in [`Receiver::recv`], even if no messages are expected: it answers
    /// pings, sends keepalive pings and checks deadlines. [`Receiver::reunite`] joins the halves again.
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::WebSocket};
    /// # fn two_threads(socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// let (mut receiver, sender) = socket.split()?;
    /// let another = sender.clone();
    /// std::thread::spawn(move || another.send("from one thread"));
    /// std::thread::spawn(move || sender.send("from another"));
    /// while let Some(message) = receiver.recv()? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no more file descriptors: the halves need three for themselves. A stream
    /// without a [`socket`](Transport::socket) returns [`Unsupported`](io::ErrorKind::Unsupported). The connection is dropped then.
    #[doc(alias("try_clone"))]
    pub fn split(self) -> io::Result<(Receiver<S>, Sender<S>)> {
        let socket = self.stream.socket().ok_or(io::ErrorKind::Unsupported)?;
        let waiter = Waiter::new(socket)?;
        let shared = Arc::new(Shared { state: Mutex::new(State { socket: self, receiver_waits: false }), waiter });
        Ok((Receiver { shared: shared.clone() }, Sender { shared }))
    }
}

/// What all halves of a connection share.
struct Shared<S> {
    state: Mutex<State<S>>,
    waiter: Waiter,
}

struct State<S> {
    socket: WebSocket<S>,
    /// The receiver waits for the socket, so that only it may read.
    receiver_waits: bool,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
