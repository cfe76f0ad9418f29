//! How many reads and writes it takes.

use crate::{
    common::{ROLES, frame_to},
    kit::{Reads, Script, socket, waits},
    wire::plain,
};
use bowline::{Event, Message};
use std::time::Duration;

fn ten(role: bowline::Role) -> Reads {
    Reads::Bytes((0..10).flat_map(|i| frame_to(role, 0x81, format!("message {i}").as_bytes())).collect())
}

fn assert_echoed(script: &Script, times: usize) {
    let texts: Vec<_> = plain(&script.written()).into_iter().map(|(_, payload)| payload).collect();
    let expected: Vec<_> = (0..times * 10).map(|i| format!("message {}", i % 10).into_bytes()).collect();
    assert_eq!(texts, expected);
}

/// Ten messages that come at once are one read and one write, by `recv` and `send`, by `recv` and `feed`, and by `read`.
#[tokio::test(start_paused = true)]
async fn one_read_and_one_write() {
    for role in ROLES {
        for how in ["send", "feed", "read"] {
            let script = Script::new([]);
            let mut socket = socket(role, &script);
            let echo = async {
                match how {
                    "send" => {
                        while let Some(message) = socket.recv().await? {
                            socket.send(message).await?;
                        }
                    }
                    "feed" => {
                        while let Some(message) = socket.recv().await? {
                            socket.feed(message).await?;
                        }
                    }
                    _ => {
                        while let Some(mut batch) = socket.read().await? {
                            while let Some((event, connection)) = batch.receive() {
                                let Event::Text(text) = event else { panic!() };
                                connection.send_text(text)?;
                            }
                        }
                    }
                }
                Ok::<(), bowline::adapter::tokio::Error>(())
            };
            let mut echo = std::pin::pin!(echo);
            assert!(waits(echo.as_mut()));
            for times in 1..=3 {
                script.push(ten(role));
                assert!(waits(echo.as_mut()));
                assert_eq!((script.count("read"), script.count("write")), (times, times), "{how}");
                assert_echoed(&script, times);
            }
        }
    }
}

/// What `send` keeps for company, it keeps for a millisecond at the most, and `flush` writes it at once.
#[tokio::test(start_paused = true)]
async fn how_long_answers_wait_for_each_other() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        let first = socket.recv().await.unwrap().unwrap();
        socket.send(first).await.unwrap();
        assert_eq!(script.count("write"), 0, "nine more are there");
        socket.flush().await.unwrap();
        assert_eq!(script.count("write"), 1);
        let second = socket.recv().await.unwrap().unwrap();
        tokio::time::advance(Duration::from_micros(999)).await;
        socket.send(second).await.unwrap();
        assert_eq!(script.count("write"), 1);
        let third = socket.recv().await.unwrap().unwrap();
        tokio::time::advance(Duration::from_micros(1)).await;
        socket.send(third).await.unwrap();
        assert_eq!(script.count("write"), 2, "who works on each message for long gives each its answer at once");
        while let Some(message) = crate::kit::poll_times(1, socket.recv()) {
            socket.feed(message.unwrap().unwrap()).await.unwrap();
        }
        assert_eq!((script.count("read"), script.count("write")), (1, 3));
        assert_echoed(&script, 1);
    }
}

/// A `send` with nothing left to receive always writes, and the last answer takes the others along.
#[tokio::test(start_paused = true)]
async fn a_send_on_its_own() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        for i in 0..10 {
            let message = socket.recv().await.unwrap().unwrap();
            socket.send(message).await.unwrap();
            assert_eq!(script.count("write"), usize::from(i == 9));
        }
        socket.send("unasked").await.unwrap();
        assert_eq!(script.count("write"), 2);
        assert_eq!(script.count("read"), 1);
    }
}

/// What was kept for company is not lost if the connection is dropped.
#[tokio::test(start_paused = true)]
async fn dropped_in_the_middle_of_a_batch() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        let Some(Message::Text(_)) = socket.recv().await.unwrap() else { panic!() };
        socket.send("only one").await.unwrap();
        drop(socket);
        assert_eq!(plain(&script.written()), [(0x81, b"only one".to_vec())]);
    }
}
