//! Each test runs with axum's types and with ours, and expects the same.

use crate::kit::{open, open_with, request, serve_handlers};
use bowline::{CloseCode, Config, Event, Message, adapter::tokio::Error};
use std::time::Duration;
use tokio::{io::AsyncWriteExt, sync::mpsc::UnboundedReceiver};

macro_rules! with_both {
    ($($(#[$attribute:meta])* async fn $name:ident($address:ident, $seen:ident) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn run($address: String, $seen: &mut UnboundedReceiver<String>) {
                let _ = &$seen; // not all handlers note something
                $body
            }

            #[tokio::test]
            async fn axum() {
                let (address, mut seen) = serve_handlers(crate::with_axum::app).await;
                run(address, &mut seen).await;
            }

            #[tokio::test]
            async fn bowline() {
                let (address, mut seen) = serve_handlers(crate::with_bowline::app).await;
                run(address, &mut seen).await;
            }
        }
    )*};
}

async fn notes(seen: &mut UnboundedReceiver<String>, count: usize) -> Vec<String> {
    let mut notes = Vec::new();
    while notes.len() < count {
        match tokio::time::timeout(Duration::from_secs(20), seen.recv()).await {
            Ok(note) => notes.push(note.unwrap()),
            Err(late) => panic!("{late}: the handler noted no more than {notes:#?}"),
        }
    }
    notes
}

with_both! {
    async fn echo(address, seen) {
        let mut client = open(&address, "/echo").await;
        for len in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            for message in [Message::from("x".repeat(len)), Message::from(vec![7; len])] {
                client.send(message.clone()).await.unwrap();
                assert_eq!(client.recv().await.unwrap(), Some(message));
            }
        }
        assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    }

    async fn forward_and_filter(address, seen) {
        let mut client = open(&address, "/forward").await;
        client.send(vec![1, 2, 3]).await.unwrap();
        client.send("only text").await.unwrap();
        assert_eq!(client.recv().await.unwrap(), Some("only text".into()));
    }

    async fn two_tasks_and_a_close_from_the_server(address, seen) {
        let mut client = open(&address, "/split").await;
        for number in 0..10 {
            client.send(format!("client {number}")).await.unwrap();
            assert_eq!(client.recv().await.unwrap(), Some(format!("server {number}").into()));
        }
        assert_eq!(client.recv().await.unwrap(), None);
        let closure = client.closure().unwrap();
        assert_eq!((closure.code(), closure.reason()), (CloseCode::NORMAL, "enough"));
        assert_eq!(notes(seen, 2).await, ["Some(1000)", "10 messages"]);
    }

    /// Every kind of message, and a Close frame from the client.
    async fn control_frames_are_seen(address, seen) {
        let request = request(&address, "/log").protocol("v0").unwrap().protocol("v1").unwrap();
        let (mut client, response) = open_with(request, Config::default()).await;
        assert_eq!(response.protocol(), Some("v1"));
        assert_eq!(client.next_event().await.unwrap(), Some(Event::Ping(b"from the server".to_vec().into())));
        client.send("Grüße").await.unwrap();
        client.send(vec![0; 70_000]).await.unwrap();
        client.ping(b"from the client").await.unwrap();
        assert_eq!(client.next_event().await.unwrap(), Some(Event::Pong(b"from the client".to_vec().into())));
        client.connection().pong(b"unasked").unwrap();
        client.close(CloseCode::new(3000), "that was all").await.unwrap();
        assert_eq!(notes(seen, 11).await, [
            r#"requested ["v0", "v1"]"#,
            r#"selected Some("v1")"#,
            r#"protocol Some("v1")"#,
            "pong from the server",
            "text Grüße",
            "binary 70000",
            "ping from the client",
            "pong unasked",
            "close 3000 that was all",
            "end",
            "ended for good: true, refuses to send: true",
        ]);
    }

    async fn a_subprotocol_that_the_handler_selects(address, seen) {
        let request = request(&address, "/log").protocol("late").unwrap();
        let (mut client, response) = open_with(request, Config::default()).await;
        assert_eq!(response.protocol(), Some("late"));
        assert_eq!(client.next_event().await.unwrap(), Some(Event::Ping(b"from the server".to_vec().into())));
        client.flush().await.unwrap();
        client.close(CloseCode::NO_STATUS, "").await.unwrap();
        assert_eq!(notes(seen, 7).await[1..], [
            r#"selected Some("late")"#,
            r#"protocol Some("late")"#,
            "pong from the server",
            "close",
            "end",
            "ended for good: true, refuses to send: true",
        ]);
    }

    async fn no_common_subprotocol(address, seen) {
        let request = request(&address, "/log").protocol("v0").unwrap();
        let (_client, response) = open_with(request, Config::default()).await;
        assert_eq!(response.protocol(), None);
        assert_eq!(notes(seen, 3).await[1..], ["selected None", "protocol None"]);
    }

    async fn a_client_that_vanishes(address, seen) {
        let mut client = open(&address, "/log").await;
        client.send("before").await.unwrap();
        drop(client);
        let notes = notes(seen, 7).await;
        assert_eq!(notes[notes.len() - 4..], [
            "text before",
            "error",
            "end",
            "ended for good: true, refuses to send: true",
        ]);
    }

    async fn a_violation(address, seen) {
        let mut client = open(&address, "/log").await;
        client.get_mut().write_all(b"\x83\x80\0\0\0\0").await.unwrap(); // the reserved opcode 3
        let _ = client.recv().await;
        let notes = notes(seen, 6).await;
        // axum would send more. Ours has sent a Close frame, after which nothing may follow.
        assert_eq!(notes[3..5], ["error", "end"]);
    }

    async fn a_close_from_the_handler(address, seen) {
        let mut client = open(&address, "/bye").await;
        let Err(Error::Closed(closure)) = client.recv().await else { panic!("1012 is not a normal end") };
        assert_eq!((closure.code(), closure.reason()), (CloseCode::SERVICE_RESTART, "back soon"));
        let notes = notes(seen, 3).await;
        assert_eq!((notes[0].as_str(), notes[2].as_str()), ("send after Close: true", "end"));
        assert!(notes[1].starts_with("Ok(Close(Some(CloseFrame { code: 1012"), "{}", notes[1]);
    }
}
