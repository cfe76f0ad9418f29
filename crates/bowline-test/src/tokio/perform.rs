//! One step of a script, over a stream.

use crate::script::{Mismatch, Player, Step, Todo};
use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until, timeout_at},
};
use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// How much a scripted peer reads at once.
const READ_SPACE: usize = 64 * 1024;

/// How a step has ended.
#[derive(PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    /// The stream is to be reset.
    Reset,
}

/// Plays one step. `origin` is the beginning of the script.
pub(super) async fn perform<S: AsyncRead + AsyncWrite + Unpin>(
    player: &mut Player,
    stream: &mut S,
    origin: Instant,
    step: &Step,
) -> Result<Flow, Mismatch> {
    let at = |time: Duration| origin.checked_add(time).unwrap_or_else(|| origin + Duration::from_secs(1 << 30));
    player.begin(origin.elapsed());
    loop {
        match player.poll(step, origin.elapsed())? {
            Todo::Done => {
                flush(player, stream, at(origin.elapsed().saturating_add(player.habits.patience))).await;
                return Ok(Flow::Continue);
            }
            Todo::Reset => return Ok(Flow::Reset),
            Todo::ShutDown => {
                let until = at(origin.elapsed().saturating_add(player.habits.patience));
                // If it fails, the next read shows why.
                let _ = timeout_at(until, poll_fn(|cx| Pin::new(&mut *stream).poll_shutdown(cx))).await;
            }
            Todo::Write(until) => {
                until_then(at(until), poll_fn(|cx| poll_write(player, stream, cx))).await;
            }
            Todo::Read(until) => {
                let mut space = vec![0; READ_SPACE];
                let both = poll_fn(|cx| {
                    while !player.output().is_empty() && poll_write(player, stream, cx).is_ready() {}
                    poll_read(player, stream, &mut space, cx)
                });
                until_then(at(until), both).await;
            }
            Todo::Sleep(until) => sleep_until(at(until)).await,
        }
    }
}

/// Waits for the future, and at most until then.
async fn until_then(at: Instant, future: impl Future<Output = ()>) {
    let _ = timeout_at(at, future).await;
}

/// Writes what is left, such as automatic answers. If that fails, the next step shows it.
async fn flush<S: AsyncWrite + Unpin>(player: &mut Player, stream: &mut S, until: Instant) {
    let all = poll_fn(|cx| {
        while !player.output().is_empty() {
            std::task::ready!(poll_write(player, stream, cx));
        }
        Pin::new(&mut *stream).poll_flush(cx).map(|_| ())
    });
    until_then(until, all).await;
}

fn poll_write<S: AsyncWrite + Unpin>(player: &mut Player, stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
    let result = std::task::ready!(Pin::new(stream).poll_write(cx, player.output()));
    player.wrote(match result {
        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
        result => result,
    });
    Poll::Ready(())
}

fn poll_read<S: AsyncRead + Unpin>(
    player: &mut Player,
    stream: &mut S,
    space: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<()> {
    let mut space = ReadBuf::new(space);
    let result = std::task::ready!(Pin::new(stream).poll_read(cx, &mut space));
    player.read(result.ok().map(|()| space.filled()));
    Poll::Ready(())
}
