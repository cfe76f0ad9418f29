//! A Close frame behind a message that the program has not received: it could still be answered.

use crate::{
    common::{self, ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, socket},
};
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline,
    adapter::tokio::{Error, WebSocket},
};
use std::{io::ErrorKind, task::Poll, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, sleep},
};

/// A Close frame behind a message, from a peer that reads slowly: what is being sent, and the answer to that message, still reach
/// it, although reading takes longer than the close deadline. If it reads nothing, the write timeout ends it.
#[tokio::test(start_paused = true)]
async fn a_close_frame_behind_a_message_while_we_send() {
    for role in ROLES {
        for reads in [true, false] {
            let (near, mut far) = duplex(32 * 1024);
            let config = common::config().with(|config| config.deadlines = Config::default().deadlines);
            let mut socket = WebSocket::new(near, Connection::new(role, config));
            let question = [frame_to(role, 0x81, b"question"), close_to(role, 1000, "")].concat();
            far.write_all(&question).await.unwrap();
            let peer = tokio::spawn(async move {
                let mut all = Vec::new();
                let mut part = vec![0; 100_000];
                if !reads {
                    return (all, far);
                }
                loop {
                    sleep(Duration::from_secs(2)).await;
                    match far.read(&mut part).await.unwrap() {
                        0 => return (all, far),
                        count => all.extend_from_slice(&part[..count]),
                    }
                }
            });
            let begun = Instant::now();
            let sent = socket.send(data(4_000_000, 1)).await;
            let (answer, took) = (frame_from(role, 0x81, b"answer"), begun.elapsed().as_secs());
            if reads {
                sent.unwrap();
                assert!(took > 60, "{took}");
                assert_eq!(socket.recv().await.unwrap(), Some("question".into()));
                socket.send("answer").await.unwrap();
                assert_eq!(socket.recv().await.unwrap(), None);
            } else {
                let Err(Error::Closed(closure)) = sent else { panic!("{sent:?}") };
                assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write));
                assert!((60..=67).contains(&took), "{took}");
            }
            drop(socket);
            let (all, _) = peer.await.unwrap();
            let close = close_from(role, 1000, "");
            assert_eq!(all.ends_with(&[answer, close].concat()), reads);
        }
    }
}

/// A program that only sends, and a Close frame behind a message that it does not receive: it could still answer that message, so
/// the connection stays open. It learns of the Close frame when it receives the message, or when the peer leaves.
#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_received_before_a_close_frame() {
    for role in ROLES {
        for receives in [true, false] {
            let script = Script::new([]);
            let mut socket = socket(role, &script);
            let bytes = [frame_to(role, 0x81, b"unread"), close_to(role, 1001, "bye")].concat();
            script.push(Reads::Bytes(bytes));
            for _ in 0..100 {
                socket.send("tick").await.unwrap();
            }
            if receives {
                assert_eq!(socket.try_recv().unwrap(), Poll::Ready(Some("unread".into())));
            } else {
                script.write_error(Some(ErrorKind::BrokenPipe));
                script.push(Reads::End);
            }
            let mut sent = 0;
            let error = loop {
                match socket.send("tick").await {
                    Ok(()) if sent < 100 => sent += 1,
                    Ok(()) => panic!("the Close frame is not noticed"),
                    Err(error) => break error,
                }
            };
            let Error::Closed(closure) = error else { panic!("{error}") };
            assert_eq!((closure.code(), closure.reason()), (CloseCode::GOING_AWAY, "bye"));
        }
    }
}
