//! A relay between a client and a server that records the frames of HTTP/2 (RFC 9113 §4.1).

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};

/// What a client sends before its first frame (RFC 9113 §3.4).
const PREFACE: usize = 24;

const HEADER: usize = 9;

const DATA: u8 = 0;
const RST_STREAM: u8 = 3;

const END_STREAM: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Server,
}

/// What can end a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    EndStream(From),
    Reset(From),
}

/// The ends of all streams, in the order in which they passed.
#[derive(Clone, Default)]
pub(crate) struct Ends(Arc<Mutex<Vec<End>>>);

impl Ends {
    pub(crate) fn all(&self) -> Vec<End> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until `count` ends have passed, and then until nothing follows any more.
    pub(crate) async fn settled(&self, count: usize) -> Vec<End> {
        while self.all().len() < count {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        self.all()
    }
}

/// Returns another stream to the endpoint behind `server`, and the ends of the streams that pass.
pub(crate) fn record(server: DuplexStream) -> (DuplexStream, Ends) {
    let (near, far) = duplex(16 * 1024);
    let ends = Ends::default();
    let (from_client, to_client) = split(far);
    let (from_server, to_server) = split(server);
    tokio::spawn(relay(From::Client, from_client, to_server, ends.clone()));
    tokio::spawn(relay(From::Server, from_server, to_client, ends.clone()));
    (near, ends)
}

async fn relay(from: From, mut read: ReadHalf<DuplexStream>, mut write: WriteHalf<DuplexStream>, ends: Ends) {
    let mut bytes = Vec::new();
    let mut at = if from == From::Client { PREFACE } else { 0 };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = read.read(&mut buffer).await {
        bytes.extend_from_slice(&buffer[..count]);
        while let Some(&[a, b, c, kind, flags, ..]) = bytes.get(at..at + HEADER) {
            match kind {
                RST_STREAM => ends.0.lock().unwrap().push(End::Reset(from)),
                DATA if flags & END_STREAM != 0 => ends.0.lock().unwrap().push(End::EndStream(from)),
                _ => {}
            }
            at += HEADER + u32::from_be_bytes([0, a, b, c]) as usize;
        }
        if write.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = write.shutdown().await;
}
