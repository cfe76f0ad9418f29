//! The blocking client that reconnects, over TCP. When it tries again is tested in `reconnecting`, in virtual time.

use bowline::{
    CloseCode, Config, HandshakeError, Message,
    adapter::{
        blocking::{self, ClientStream, Error, Reconnecting, WebSocket},
        reconnect::{QueueError, RetryPolicy, Unsent, Update},
    },
    client::Request,
    server::Accept,
};
use std::{
    net::{TcpListener, TcpStream},
    ops::RangeInclusive,
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

fn policy() -> RetryPolicy {
    RetryPolicy::default().first_delay(Duration::from_millis(20)).max_delay(Duration::from_millis(20))
}

fn listen() -> (TcpListener, Reconnecting<ClientStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = Request::from_uri(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    (listener, Reconnecting::to(request, Config::default()).policy(policy()))
}

fn accept(listener: &TcpListener) -> WebSocket<TcpStream> {
    let (stream, _) = listener.accept().unwrap();
    blocking::accept(stream, &Accept::any_origin(), Config::default()).unwrap()
}

fn update(client: &mut Reconnecting<ClientStream>) -> Update {
    client.recv().unwrap().unwrap()
}

fn fate(client: &mut Reconnecting<ClientStream>) -> (Result<(), Unsent>, RangeInclusive<u64>) {
    match update(client) {
        Update::Sent(messages) => (Ok(()), messages),
        Update::Unsent { messages, reason } => (Err(reason), messages),
        other => panic!("{other:?}"),
    }
}

/// Messages across connections, what is queued between them, and a function that runs before all of it.
#[test]
fn across_connections() {
    let (listener, client) = listen();
    let mut client = client.queue_limit(1000).after_connect(|socket, response| {
        assert_eq!(response.status(), 101);
        socket.send("hello")
    });
    let server = thread::spawn(move || {
        for code in [1012, 1001, 1000] {
            let mut socket = accept(&listener);
            assert_eq!(socket.recv().unwrap(), Some("hello".into()));
            assert_eq!(socket.recv().unwrap(), Some("queued".into()));
            socket.send("welcome").unwrap();
            assert!(socket.close(code.into(), "").unwrap().is_clean());
        }
    });
    let mut log = Vec::new();
    assert_eq!(client.send("queued"), Ok(0));
    while let Some(update) = client.recv().unwrap() {
        log.push(match update {
            Update::Connected(_) => "connected".to_owned(),
            Update::Message(message) => message.as_text().unwrap().to_owned(),
            Update::Sent(messages) => format!("sent {messages:?}"),
            Update::Disconnected { .. } => {
                assert!(client.socket().is_none() && client.send("queued").is_ok());
                "lost".to_owned()
            }
            other => panic!("{other:?}"),
        });
    }
    server.join().unwrap();
    let round = |round: u64| {
        ["connected".to_owned(), format!("sent {round}..={round}"), "welcome".to_owned(), "lost".to_owned()]
    };
    let mut expected: Vec<_> = (0..3).flat_map(round).collect();
    expected.pop();
    assert_eq!(log, expected);
    assert_eq!(client.closure().unwrap().code(), CloseCode::NORMAL);
    assert_eq!(client.send("late"), Err(QueueError::Ended));
}

/// Attempts that fail, with the function that connects, until the policy gives up.
#[test]
fn attempts() {
    let busy = HandshakeError::Status(503);
    let mut client = Reconnecting::<TcpStream>::new(move |attempt| {
        let why = attempt.last_error().map(ToString::to_string).unwrap_or_default();
        assert_eq!((attempt.number() > 0, u64::from(attempt.failures())), (why.contains("503"), attempt.number()));
        Err(Error::Handshake { error: busy.clone(), response: None })
    })
    .policy(policy().max_failures(3))
    .queue_limit(100);
    client.send("never").unwrap();
    for _ in 0..2 {
        assert!(matches!(client.recv(), Ok(Some(Update::Disconnected { .. }))));
    }
    assert!(matches!(client.recv(), Ok(Some(Update::Unsent { reason: Unsent::GivenUp, .. }))));
    assert!(matches!(client.recv(), Err(Error::Handshake { .. })));
    assert!(matches!(client.recv(), Ok(None)));
}

/// `recv_timeout` returns in time while it is connected, and while it waits. More than fits is written meanwhile, and reported.
#[test]
fn with_a_time_limit() {
    const SHORT: Duration = Duration::from_millis(20);
    let (listener, client) = listen();
    let mut client = client.policy(RetryPolicy::default().entropy(|| [0xff; 4])).queue_limit(100_000_000);
    for number in 0..200 {
        assert_eq!(client.send(vec![7; 100_000]), Ok(number));
    }
    let (resume, resumed) = mpsc::channel();
    let server = thread::spawn(move || {
        let mut socket = accept(&listener);
        resumed.recv().unwrap(); // until then, the client cannot write all of it
        for _ in 0..200 {
            assert_eq!(socket.recv().unwrap().unwrap().len(), 100_000);
        }
        assert_eq!(socket.recv().unwrap(), Some("now".into()));
        socket.close(CloseCode::SERVICE_RESTART, "").unwrap();
    });
    let (mut sent, mut pending) = (0, 0);
    while sent < 200 {
        match client.recv_timeout(SHORT).unwrap() {
            Poll::Ready(Some(Update::Sent(messages))) => {
                assert_eq!(*messages.start(), sent);
                sent = messages.end() + 1;
            }
            Poll::Ready(Some(Update::Connected(_))) => {}
            Poll::Pending => {
                let _ = resume.send(());
                pending += 1;
            }
            Poll::Ready(other) => panic!("{other:?}"),
        }
    }
    assert!(pending >= 1, "it did not wait for the server");
    assert!(client.recv_timeout(SHORT).unwrap().is_pending());
    client.send("now").unwrap();
    assert_eq!(fate(&mut client), (Ok(()), 200..=200));
    assert!(matches!(update(&mut client), Update::Disconnected { retry_in, .. } if retry_in > Duration::from_secs(4)));
    server.join().unwrap();
    let begun = Instant::now();
    assert!(client.recv_timeout(SHORT).unwrap().is_pending() && begun.elapsed() >= SHORT);
    assert!(client.recv_timeout(Duration::ZERO).unwrap().is_pending());
}

/// A message that was being written when the connection broke is reported, and those behind it are sent on the next connection.
#[test]
fn interrupted() {
    let (listener, client) = listen();
    let mut client = client.queue_limit(100_000_000);
    let server = thread::spawn(move || {
        drop(accept(&listener)); // with bytes unread, which resets the connection
        let mut socket = accept(&listener);
        assert_eq!(socket.recv().unwrap(), Some("behind it".into()));
        socket.close(CloseCode::NORMAL, "").unwrap();
    });
    assert!(matches!(update(&mut client), Update::Connected(_)));
    client.send(vec![0; 16_000_000]).unwrap();
    client.send("behind it").unwrap();
    assert_eq!(fate(&mut client), (Err(Unsent::Interrupted), 0..=0));
    assert!(matches!(update(&mut client), Update::Disconnected { .. }));
    assert!(matches!(update(&mut client), Update::Connected(_)));
    assert_eq!(fate(&mut client), (Ok(()), 1..=1));
    assert!(client.recv().unwrap().is_none());
    server.join().unwrap();
}

/// `close` writes what is queued, makes the closing handshake, and ends the client; also without a connection.
#[test]
fn close() {
    let (listener, client) = listen();
    let mut client = client.queue_limit(100_000_000);
    let server = thread::spawn(move || {
        let mut socket = accept(&listener);
        socket.send("discarded").unwrap();
        for _ in 0..20 {
            assert_eq!(socket.recv().unwrap().unwrap().len(), 100_000);
        }
        assert_eq!(socket.recv().unwrap(), None);
        socket.closure().unwrap().code()
    });
    assert!(matches!(update(&mut client), Update::Connected(_)));
    for _ in 0..20 {
        client.send(Message::from(vec![7; 100_000])).unwrap();
    }
    assert!(matches!(client.close(1006.into(), ""), Err(Error::Close(_))));
    assert!(client.close(CloseCode::GOING_AWAY, "").unwrap().unwrap().is_clean());
    assert_eq!(server.join().unwrap(), CloseCode::GOING_AWAY);
    assert_eq!(fate(&mut client), (Ok(()), 0..=19));
    assert!(client.recv().unwrap().is_none() && client.close(CloseCode::NORMAL, "").unwrap().is_none());

    let (_listener, client) = listen();
    let mut client = client.queue_limit(1000);
    client.send("never").unwrap();
    assert_eq!(client.close(CloseCode::NORMAL, "").unwrap(), None);
    assert_eq!(fate(&mut client), (Err(Unsent::GivenUp), 0..=0));
    assert!(client.recv().unwrap().is_none());
    assert!(format!("{client:?}").contains("ended"));
}
