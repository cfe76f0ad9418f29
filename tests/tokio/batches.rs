//! How many reads and writes it takes.

use crate::{
    common::{ROLES, frame_to},
    kit::{Reads, Script, socket, waits},
    wire::plain,
};
use bowline::{Event, Message};
use bowline_test::Call;

fn ten(role: bowline::Role) -> Reads {
    Reads::Bytes((0..10).flat_map(|i| frame_to(role, 0x81, format!("message {i}").as_bytes())).collect())
}

fn assert_echoed(script: &Script, times: usize) {
    let texts: Vec<_> = plain(&script.written()).into_iter().map(|(_, payload)| payload).collect();
    let expected: Vec<_> = (0..times * 10).map(|i| format!("message {}", i % 10).into_bytes()).collect();
    assert_eq!(texts, expected);
}

/// Ten messages that arrive at once are one read; the answers to them are one write with `recv` and `feed`, and with `read`, and a
/// write each with `recv` and `send`.
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
                let writes = if how == "send" { 10 * times } else { times };
                assert_eq!((script.count(Call::Read), script.count(Call::Write)), (times, writes), "{how}");
                assert_echoed(&script, times);
            }
        }
    }
}

/// `send` writes at once, also while more messages of the same read are pending, and takes what was fed before along.
#[tokio::test(start_paused = true)]
async fn a_send_in_the_middle_of_a_batch() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        for writes in 1..=3 {
            let message = socket.recv().await.unwrap().unwrap();
            socket.send(message).await.unwrap();
            assert_eq!(script.count(Call::Write), writes);
            assert_eq!(socket.buffered_amount(), 0);
        }
        for _ in 0..2 {
            let message = socket.recv().await.unwrap().unwrap();
            socket.feed(message).await.unwrap();
            assert_eq!(script.count(Call::Write), 3, "five more are there");
        }
        let message = socket.recv().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
        assert_eq!(script.count(Call::Write), 4);
        while let Some(message) = crate::kit::poll_times(1, socket.recv()) {
            socket.feed(message.unwrap().unwrap()).await.unwrap();
        }
        assert_eq!(
            (script.count(Call::Read), script.count(Call::Write)),
            (1, 5),
            "the last `recv` wrote before it waited"
        );
        assert_echoed(&script, 1);
    }
}

/// Answers that are fed are written by the `recv` that has nothing more to return, and by no other.
#[tokio::test(start_paused = true)]
async fn who_writes_what_is_fed() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        for _ in 0..10 {
            let message = socket.recv().await.unwrap().unwrap();
            assert_eq!(script.count(Call::Write), 0);
            socket.feed(message).await.unwrap();
        }
        assert!(waits(socket.recv()));
        assert_eq!((script.count(Call::Read), script.count(Call::Write)), (1, 1));
        socket.send("unasked").await.unwrap();
        assert_eq!((script.count(Call::Read), script.count(Call::Write)), (1, 2));
    }
}

/// What was fed is not lost if the connection is dropped.
#[tokio::test(start_paused = true)]
async fn dropped_in_the_middle_of_a_batch() {
    for role in ROLES {
        let script = Script::new([ten(role)]);
        let mut socket = socket(role, &script);
        let Some(Message::Text(_)) = socket.recv().await.unwrap() else { panic!() };
        socket.feed("only one").await.unwrap();
        drop(socket);
        assert_eq!(plain(&script.written()), [(0x81, b"only one".to_vec())]);
    }
}

/// Replies that are sent one by one are one write each, and nothing is read between them.
#[tokio::test(start_paused = true)]
async fn replies_to_one_read() {
    for role in ROLES {
        let read: Vec<u8> = (0..3).flat_map(|_| frame_to(role, 0x81, b"Hello")).collect();
        let script = Script::new([Reads::Bytes(read.clone()), Reads::Bytes(read)]);
        let mut socket = socket(role, &script);
        for _ in 0..3 {
            let message = socket.recv().await.unwrap().unwrap();
            socket.send(message).await.unwrap();
        }
        assert_eq!((script.count(Call::Read), script.count(Call::Write)), (1, 3));
    }
}
