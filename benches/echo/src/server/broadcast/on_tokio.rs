//! The servers on Tokio. Each connection is split: a task receives, and the task that has received a message sends it to all
//! members, one after the other.

use crate::{
    counted::Counted,
    on_tokio::each_connection,
    ours::accept,
    peers::{Outcome, upgraded},
};
use bowline::{Message, Prepared, adapter::tokio::Sender};
use bytes::Bytes;
use fastwebsockets::{Frame, OpCode, Payload, WebSocketError, WebSocketWrite};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use hyper_util::rt::TokioIo;
use sockudo_ws::SplitWriter;
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, WriteHalf},
    sync::Mutex,
};
use tokio_tungstenite::{WebSocketStream as Tungstenite, tungstenite};
use tokio_websockets::WebSocketStream as TokioWebSockets;

/// The sending halves of all connections.
type Members<S> = Arc<Mutex<Vec<S>>>;

pub(super) fn run(subject: &str) -> io::Result<()> {
    match subject {
        "tokio-raw" => serve(raw),
        "tokio-send" => serve(bowline),
        "tokio-tungstenite" => serve(tungstenite),
        "fastwebsockets" => serve(fastwebsockets),
        "tokio-websockets" => serve(tokio_websockets),
        "sockudo-ws" => serve(sockudo),
        _ => Err(io::Error::other("unknown server")),
    }
}

fn serve<S, F>(task: fn(Counted, Members<S>) -> F) -> io::Result<()>
where
    S: Send + 'static,
    F: Future<Output: Send> + Send + 'static,
{
    let members = Members::default();
    each_connection(move |stream| drop(tokio::spawn(task(stream, Arc::clone(&members)))))
}

async fn raw(stream: Counted, members: Members<WriteHalf<Counted>>) -> Outcome {
    let (mut reader, writer) = tokio::io::split(stream);
    members.lock().await.push(writer);
    let mut buffer = vec![0; 1024];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        for member in members.lock().await.iter_mut() {
            member.write_all(&buffer[..count]).await?;
        }
    }
}

async fn bowline(stream: Counted, members: Members<Sender<Counted>>) -> Outcome {
    let (mut receiver, sender) = accept(stream).await?.split();
    members.lock().await.push(sender);
    while let Some(message) = receiver.recv().await? {
        let Message::Binary(data) = message else { continue };
        let message = Prepared::binary(data);
        for member in members.lock().await.iter_mut() {
            member.send_prepared(&message).await?;
        }
    }
    Ok(())
}

/// It has no prepared messages: each member gets a handle of the same bytes.
async fn tungstenite(
    stream: Counted,
    members: Members<SplitSink<Tungstenite<Counted>, tungstenite::Message>>,
) -> Outcome {
    let (sink, mut stream) = tokio_tungstenite::accept_async(stream).await?.split();
    members.lock().await.push(sink);
    while let Some(message) = stream.next().await {
        let message = message?;
        if message.is_binary() {
            for member in members.lock().await.iter_mut() {
                member.send(message.clone()).await?;
            }
        }
    }
    Ok(())
}

/// As tungstenite.
async fn tokio_websockets(
    stream: Counted,
    members: Members<SplitSink<TokioWebSockets<Counted>, tokio_websockets::Message>>,
) -> Outcome {
    let (_request, socket) = tokio_websockets::ServerBuilder::new().accept(stream).await?;
    let (sink, mut stream) = socket.split();
    members.lock().await.push(sink);
    while let Some(message) = stream.next().await {
        let message = message?;
        if message.is_binary() {
            for member in members.lock().await.iter_mut() {
                member.send(message.clone()).await?;
            }
        }
    }
    Ok(())
}

/// As tungstenite, with its own halves.
async fn sockudo(mut stream: Counted, members: Members<SplitWriter<Counted>>) -> Outcome {
    sockudo_ws::handshake::server_handshake(&mut stream).await?;
    let (mut reader, writer) = sockudo_ws::WebSocketStream::server(stream, sockudo_ws::Config::default()).split();
    members.lock().await.push(writer);
    while let Some(message) = reader.next().await {
        if let sockudo_ws::Message::Binary(data) = message? {
            for member in members.lock().await.iter_mut() {
                member.send_binary(Bytes::clone(&data)).await?;
            }
        }
    }
    Ok(())
}

type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// Each member gets a frame that borrows the bytes.
async fn fastwebsockets(stream: Counted, members: Members<WebSocketWrite<WriteHalf<Upgraded>>>) -> Outcome {
    upgraded(stream, |socket| async move {
        let (mut reader, writer) = socket.split(tokio::io::split);
        members.lock().await.push(writer);
        loop {
            // The load sends neither pings nor Close frames, so that nothing has to be answered.
            let frame = reader.read_frame::<_, WebSocketError>(&mut async |_| Ok(())).await?;
            if frame.opcode != OpCode::Binary {
                return Ok(());
            }
            for member in members.lock().await.iter_mut() {
                member.write_frame(Frame::binary(Payload::Borrowed(&frame.payload))).await?;
            }
        }
    })
    .await
}
