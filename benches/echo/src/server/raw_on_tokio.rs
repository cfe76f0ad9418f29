//! What Tokio costs beside the kernel: the bytes go back as they came, in a task for each connection.

use crate::on_tokio::Stream;
use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Poll, ready},
};
use tokio::io::{AsyncWriteExt, ReadBuf};

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

pub(crate) async fn run<S: Stream>(mut stream: S) -> io::Result<()> {
    let mut left = Vec::new();
    while poll_fn(|cx| {
        BUFFER.with_borrow_mut(|buffer| {
            let mut space = ReadBuf::new(buffer);
            ready!(Pin::new(&mut stream).poll_read(cx, &mut space))?;
            let came = space.filled();
            if came.is_empty() {
                return Poll::Ready(Ok::<_, io::Error>(false));
            }
            let written = match Pin::new(&mut stream).poll_write(cx, came) {
                Poll::Ready(written) => written?,
                Poll::Pending => 0,
            };
            left.extend_from_slice(&came[written..]);
            Poll::Ready(Ok(true))
        })
    })
    .await?
    {
        stream.write_all(&left).await?;
        left.clear();
        stream.flush().await?; // for TLS
    }
    Ok(())
}
