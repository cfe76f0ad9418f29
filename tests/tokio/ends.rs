//! What is a normal end, and what is an error, in every form of receiving.

use crate::{
    common::{ROLES, close_to, frame_to},
    kit::{Reads, Script, socket},
};
use bowline::{
    Cause, CloseCode, Message, Role,
    adapter::tokio::{Error, WebSocket},
};
use futures_core::Stream;
use std::{future::poll_fn, io::ErrorKind, pin::Pin, task::Poll};

type End = Result<(), Error>;

/// A form of receiving.
#[derive(Clone, Copy, Debug)]
enum Form {
    Recv,
    TryRecv,
    NextEvent,
    Read,
    Stream,
    HalfRecv,
    HalfTryRecv,
    HalfNextEvent,
    HalfStream,
}

const FORMS: [Form; 9] = [
    Form::Recv,
    Form::TryRecv,
    Form::NextEvent,
    Form::Read,
    Form::Stream,
    Form::HalfRecv,
    Form::HalfTryRecv,
    Form::HalfNextEvent,
    Form::HalfStream,
];

async fn last_item<T: Stream<Item = Result<Message, Error>> + Unpin>(mut stream: T) -> End {
    let mut end = Ok(());
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        end = end.and(item.map(|_| ()));
    }
    end
}

/// Receives until the end, and tells what that is; twice, if the form of receiving allows it.
async fn receive_all(mut socket: WebSocket<Script>, form: Form) -> [End; 2] {
    let mut ends = [Ok(()), Ok(())];
    match form {
        Form::Recv => {
            for end in &mut ends {
                *end = loop {
                    match socket.recv().await {
                        Ok(Some(_)) => {}
                        other => break other.map(|_| ()),
                    }
                };
            }
        }
        Form::TryRecv => {
            for end in &mut ends {
                *end = loop {
                    match socket.try_recv() {
                        Ok(Poll::Ready(Some(_))) => {}
                        Ok(Poll::Pending) => panic!("everything is there"),
                        Ok(Poll::Ready(None)) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                };
            }
        }
        Form::NextEvent => {
            for end in &mut ends {
                *end = loop {
                    match socket.next_event().await {
                        Ok(Some(_)) => {}
                        other => break other.map(|_| ()),
                    }
                };
            }
        }
        Form::Read => {
            for end in &mut ends {
                *end = loop {
                    match socket.read().await {
                        Ok(Some(mut batch)) => while batch.receive().is_some() {},
                        other => break other.map(|_| ()),
                    }
                };
            }
        }
        Form::Stream => {
            let end = last_item(&mut socket).await;
            // The stream has ended; the connection still tells how.
            ends = [end, socket.recv().await.map(|_| ())];
        }
        _ => return receive_all_by_half(socket, form).await,
    }
    ends
}

async fn receive_all_by_half(socket: WebSocket<Script>, form: Form) -> [End; 2] {
    let (mut receiver, _sender) = socket.split();
    let first = match form {
        Form::HalfStream => last_item(&mut receiver).await,
        Form::HalfNextEvent => loop {
            match receiver.next_event().await {
                Ok(Some(_)) => {}
                other => break other.map(|_| ()),
            }
        },
        Form::HalfTryRecv => loop {
            match receiver.try_recv() {
                Ok(Poll::Ready(Some(_))) => {}
                Ok(Poll::Pending) => panic!("everything is there"),
                Ok(Poll::Ready(None)) => break Ok(()),
                Err(error) => break Err(error),
            }
        },
        _ => loop {
            match receiver.recv().await {
                Ok(Some(_)) => {}
                other => break other.map(|_| ()),
            }
        },
    };
    [first, receiver.recv().await.map(|_| ())]
}

/// The code of the closure in [`Error::Closed`]; 0 after a normal end.
#[track_caller]
fn code(end: &End) -> u16 {
    match end {
        Ok(()) => 0,
        Err(Error::Closed(closure)) => closure.code().get(),
        Err(other) => panic!("{other:?}"),
    }
}

/// A clean close with 1000, 1001 or no code is a normal end; with any other code it is an error, and so it stays.
#[tokio::test(start_paused = true)]
async fn every_code_in_every_form() {
    for role in ROLES {
        for form in FORMS {
            for number in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999] {
                if number == 1010 && role == Role::Client {
                    continue; // a server must not send it
                }
                let read = [frame_to(role, 0x81, b"before"), close_to(role, number, "")].concat();
                let socket = socket(role, &Script::new([Reads::Bytes(read), Reads::End]));
                let ends = receive_all(socket, form).await;
                let expected = if number <= 1001 { 0 } else { number };
                assert_eq!(ends.each_ref().map(code), [expected; 2], "{form:?}");
            }
        }
    }
}

/// A Close frame without a code is a normal end, a stream that ends without a Close frame or after a violation is not.
#[tokio::test(start_paused = true)]
async fn ends_without_a_code() {
    for role in ROLES {
        for form in FORMS {
            for (bytes, expected) in [
                (frame_to(role, 0x88, b""), 0),
                (frame_to(role, 0x81, b"no Close frame"), 1006),
                (frame_to(role, 0x83, b""), 1006),
            ] {
                let socket = socket(role, &Script::new([Reads::Bytes(bytes), Reads::End]));
                let ends = receive_all(socket, form).await;
                assert_eq!(ends.each_ref().map(code), [expected; 2], "{form:?}");
            }
        }
    }
}

/// An error of the stream is returned once; then the connection tells that its transport failed.
#[tokio::test(start_paused = true)]
async fn an_error_of_the_stream() {
    for role in ROLES {
        for form in FORMS {
            let socket = socket(role, &Script::new([Reads::Error(ErrorKind::ConnectionReset)]));
            let [first, second] = receive_all(socket, form).await;
            assert!(matches!(first, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset), "{form:?}");
            let Err(Error::Closed(closure)) = second else { panic!("{second:?}") };
            assert_eq!(closure.cause(), Cause::Transport);
        }
    }
}

/// `close` returns the closure, whatever the codes are; `recv` after it is an error if the peer answered with another code.
#[tokio::test(start_paused = true)]
async fn close_returns_the_closure() {
    for role in ROLES {
        for (number, is_normal) in [(1000, true), (1008, false), (4000, false)] {
            let script = Script::new([Reads::Bytes(close_to(role, number, "")), Reads::End]);
            let mut socket = socket(role, &script);
            let closure = socket.close(CloseCode::NORMAL, "").await.unwrap();
            assert_eq!((closure.code().get(), closure.is_clean(), closure.is_normal()), (number, true, is_normal));
            assert_eq!(socket.recv().await.is_ok(), is_normal);
            assert!(socket.flush().await.is_ok(), "everything was written");
        }
    }
}
