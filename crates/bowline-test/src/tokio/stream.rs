use crate::wire::Wire;
use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use bowline::Role;
use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// Joins two streams by a wire: that of the client, and that of the server. The wire runs in Tokio's time.
///
/// ```
/// use bowline_test::{Wire, tokio::stream_pair};
/// use std::time::Duration;
/// use tokio::{io::{AsyncReadExt, AsyncWriteExt}, time::Instant};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> std::io::Result<()> {
/// let wire = Wire::new().with(|faults| faults.latency = Duration::from_secs(20));
/// let (mut client, mut server) = stream_pair(wire);
/// let begun = Instant::now();
/// client.write_all(b"a message from Mars").await?;
/// assert_eq!(server.read(&mut [0; 100]).await?, 19);
/// assert_eq!(begun.elapsed(), Duration::from_secs(20)); // with Tokio's clock paused, this takes no time
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn stream_pair(wire: Wire) -> (Stream, Stream) {
    let state = State { begun: wire.now(), wire, origin: Instant::now(), wakers: [const { Wakers::NONE }; 2] };
    let shared = WireHandle(Arc::new(Mutex::new(state)));
    let stream = |role| Stream { role, wire: shared.clone(), timer: None, is_hesitant: false, hesitated: [false; 4] };
    (stream(Role::Client), stream(Role::Server))
}

struct State {
    wire: Wire,
    /// The time of the wire at the origin.
    begun: Duration,
    origin: Instant,
    /// Of the client and of the server.
    wakers: [Wakers; 2],
}

/// The tasks that wait for an end: one that reads, and one that writes.
struct Wakers {
    read: Option<Waker>,
    write: Option<Waker>,
}

impl Wakers {
    const NONE: Self = Self { read: None, write: None };
}

impl State {
    fn wakers(&mut self, role: Role) -> &mut Wakers {
        let [client, server] = &mut self.wakers;
        match role {
            Role::Client => client,
            Role::Server => server,
        }
    }

    fn wake_reader(&mut self, role: Role) {
        if let Some(waker) = self.wakers(role).read.take() {
            waker.wake();
        }
    }

    fn wake_writer(&mut self, role: Role) {
        if let Some(waker) = self.wakers(role).write.take() {
            waker.wake();
        }
    }

    fn wake_all(&mut self) {
        for role in [Role::Client, Role::Server] {
            self.wake_reader(role);
            self.wake_writer(role);
        }
    }
}

/// Access to the wire between two streams, also while they are in use: see [`Stream::wire`].
#[derive(Clone)]
pub struct WireHandle(Arc<Mutex<State>>);

impl WireHandle {
    /// Changes the wire, or looks at it. Tasks that wait are woken, and see the change.
    ///
    /// ```
    /// use bowline::Role;
    /// use bowline_test::{Call, Wire, tokio::stream_pair};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (client, server) = stream_pair(Wire::new());
    /// let wire = client.wire();
    /// wire.with(|wire| wire.faults_from(Role::Client).capacity = 1000);
    /// assert_eq!(wire.with(|wire| wire.count(Role::Client, Call::Write)), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with<T>(&self, run: impl FnOnce(&mut Wire) -> T) -> T {
        let mut state = self.lock();
        let result = run(&mut state.wire);
        state.wake_all();
        result
    }

    /// The same as [`with`](Self::with), but tasks that wait are not woken. Use it to test what a poll does that happens for another
    /// reason.
    pub fn with_silently<T>(&self, run: impl FnOnce(&mut Wire) -> T) -> T {
        run(&mut self.lock().wire)
    }

    /// The wire, at the time of now.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.begun.saturating_add(state.origin.elapsed());
        state.wire.advance_to(now);
        state
    }
}

/// A stream in memory: one end of a [`stream_pair`]. Dropping it closes the connection.
///
/// It can be split, with `tokio::io::split` or by `WebSocket::split` of bowline: the task that reads
/// and the one that writes are woken separately. Tokio's timers have a resolution of a millisecond, and so has the arrival of bytes.
pub struct Stream {
    role: Role,
    wire: WireHandle,
    /// The next arrival.
    timer: Option<Pin<Box<Sleep>>>,
    is_hesitant: bool,
    /// Whether it has hesitated to read, write, flush, shut down.
    hesitated: [bool; 4],
}

impl Stream {
    /// Access to the wire: its faults, and what was done with it.
    #[must_use]
    pub fn wire(&self) -> WireHandle {
        self.wire.clone()
    }

    /// Which end this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Makes each call return `Pending` once, and wake its task, before it does anything. So a future over this stream has as many
    /// points at which it can be dropped as it makes calls: for tests of cancel safety.
    ///
    /// ```
    /// use bowline_test::{Wire, tokio::stream_pair};
    /// use std::{pin::pin, task::{Context, Waker}};
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (mut stream, _far) = stream_pair(Wire::new());
    /// stream.set_hesitant(true);
    /// let mut write = pin!(stream.write_all(b"Hello"));
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert!(write.as_mut().poll(&mut context).is_pending()); // a test can drop it here
    /// assert!(write.as_mut().poll(&mut context).is_ready());
    /// # }
    /// ```
    pub const fn set_hesitant(&mut self, is_hesitant: bool) {
        self.is_hesitant = is_hesitant;
    }

    fn hesitate(&mut self, call: usize, cx: &Context<'_>) -> Poll<()> {
        let Some(hesitated) = self.hesitated.get_mut(call).filter(|_| self.is_hesitant) else {
            return Poll::Ready(());
        };
        *hesitated = !*hesitated;
        if *hesitated {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.hesitate(0, cx).is_pending() {
            return Poll::Pending;
        }
        loop {
            let mut state = this.wire.lock();
            match state.wire.read(this.role, space.initialize_unfilled()) {
                Ok(count) => {
                    space.advance(count);
                    state.wake_writer(this.role.peer());
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            state.wakers(this.role).read = Some(cx.waker().clone());
            let next = state.wire.next_arrival_at(this.role);
            let due = next.and_then(|next| state.origin.checked_add(next.saturating_sub(state.begun)));
            drop(state);
            let Some(due) = due else { return Poll::Pending };
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.hesitate(1, cx).is_pending() {
            return Poll::Pending;
        }
        let mut state = this.wire.lock();
        match state.wire.write_vectored(this.role, slices) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                state.wakers(this.role).write = Some(cx.waker().clone());
                Poll::Pending
            }
            written => {
                state.wake_reader(this.role.peer());
                Poll::Ready(written)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.hesitate(2, cx).is_pending() {
            return Poll::Pending;
        }
        let mut state = this.wire.lock();
        let flushed = state.wire.flush(this.role);
        if flushed.is_err() {
            state.wakers(this.role).write = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.hesitate(3, cx).is_pending() {
            return Poll::Pending;
        }
        let mut state = this.wire.lock();
        let shut_down = state.wire.shut_down(this.role);
        if shut_down.is_err() {
            state.wakers(this.role).write = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.wake_reader(this.role.peer());
        Poll::Ready(shut_down)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.wire.lock();
        state.wire.close(self.role);
        // Nobody can wait for this end any more.
        *state.wakers(self.role) = Wakers::NONE;
        state.wake_all();
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for WireHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireHandle").finish_non_exhaustive()
    }
}
