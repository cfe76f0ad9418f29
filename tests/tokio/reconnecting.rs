//! A client that reconnects, over streams in memory and in Tokio's time, whose clock is paused.

use crate::kit::{poll_times, streams};
use bowline::{
    Cause, CloseCode, Config, Message,
    adapter::{
        reconnect::{QueueError, RetryPolicy, Unsent, Update},
        tokio::{self as ws, Error, Reconnecting, WebSocket},
    },
    client::{Request, Response},
};
use bowline_test::{
    Script,
    tokio::{Peer, Stream},
};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::Instant,
};

/// The ends of the server, one for each attempt.
pub(crate) type Servers = UnboundedReceiver<Stream>;

pub(crate) fn request() -> Request {
    Request::from_uri("ws://localhost/").unwrap()
}

/// No random part, so that each test knows the delays: a quarter of the maximum.
pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy::default().first_delay(Duration::from_secs(4)).entropy(|| [0x40, 0, 0, 0])
}

pub(crate) async fn open(stream: Stream) -> Result<(WebSocket<Stream>, Response), Error> {
    ws::client_handshake(stream, request(), Config::default()).await
}

/// A client whose attempts connect to streams of a test.
pub(crate) fn client() -> (Reconnecting<Stream>, Servers) {
    client_with_space(usize::MAX)
}

/// The same, with so much space between the client and the server.
pub(crate) fn client_with_space(space: usize) -> (Reconnecting<Stream>, Servers) {
    let (sender, servers) = unbounded_channel();
    let client = Reconnecting::new(move |_| {
        let [near, far] = streams(space);
        sender.send(far).expect("the test waits for it");
        open(near)
    });
    (client.policy(policy()), servers)
}

/// The next server, which accepts the connection.
async fn accept(servers: &mut Servers) -> Peer<Stream> {
    let stream = servers.recv().await.expect("the client exists");
    Peer::accept(stream).await.auto_close().auto_pong()
}

/// The next update. A test that waits for one that does not come would wait for the next ping, and so on.
pub(crate) async fn update(client: &mut Reconnecting<Stream>) -> Update {
    client.recv().await.unwrap().expect("it has not ended")
}

/// Connects, and returns the server.
pub(crate) async fn connect(client: &mut Reconnecting<Stream>, servers: &mut Servers) -> Peer<Stream> {
    let (update, server) = tokio::join!(update(client), accept(servers));
    assert!(matches!(&update, Update::Connected(response) if response.status() == 101), "{update:?}");
    server
}

/// The next update, which must be that the connection was lost. Returns the time until the next attempt.
pub(crate) async fn lost(client: &mut Reconnecting<Stream>) -> Duration {
    match update(client).await {
        Update::Disconnected { retry_in, .. } => retry_in,
        other => panic!("{other:?}"),
    }
}

/// The next update, which must be about messages: whether they were sent, and which.
pub(crate) async fn fate(client: &mut Reconnecting<Stream>) -> (Result<(), Unsent>, std::ops::RangeInclusive<u64>) {
    match update(client).await {
        Update::Sent(messages) => (Ok(()), messages),
        Update::Unsent { messages, reason } => (Err(reason), messages),
        other => panic!("{other:?}"),
    }
}

fn assert_message(update: &Update, text: &str) {
    assert!(matches!(update, Update::Message(message) if message.as_text() == Some(text)), "{update:?}");
}

/// [O-35] [O-37] Messages across connections, with each change between them, and the delays in between. A normal end is the end.
#[tokio::test(start_paused = true)]
async fn across_connections() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    server.send_text("one").await;
    assert_message(&update(&mut client).await, "one");
    server.send_close(1001, "restart").await;
    let Update::Disconnected { error, retry_in } = update(&mut client).await else { panic!() };
    assert_eq!(error.to_string(), format!("the connection is {}", client.closure().unwrap()));
    assert!(matches!(&*error, Error::Closed(closure) if closure.is_normal() && closure.reason() == "restart"));
    assert_eq!(retry_in, Duration::from_secs(1));
    drop(server);

    let begun = Instant::now();
    let server = connect(&mut client, &mut servers).await;
    assert_eq!(begun.elapsed(), retry_in);
    server.reset();
    let Update::Disconnected { error, retry_in } = update(&mut client).await else { panic!() };
    assert!(matches!(&*error, Error::Io(error) if error.kind() == io::ErrorKind::ConnectionReset), "{error}");
    assert_eq!((retry_in, client.closure().unwrap().cause()), (Duration::from_secs(2), Cause::Transport));

    let mut server = connect(&mut client, &mut servers).await;
    server.send_text("two").await;
    server.send_close(1000, "").await;
    assert_message(&update(&mut client).await, "two");
    assert!(client.recv().await.unwrap().is_none());
    assert!(client.recv().await.unwrap().is_none());
    assert_eq!(client.closure().unwrap().code(), CloseCode::NORMAL);
}

/// [O-36] A connection that was stable makes the delay short again.
#[tokio::test(start_paused = true)]
async fn a_stable_connection() {
    let (mut client, mut servers) = client();
    let mut delays = Vec::new();
    for open_for in [0, 1, 29, 31, 0] {
        let mut server = connect(&mut client, &mut servers).await;
        let end = async {
            server.wait(Duration::from_secs(open_for)).await;
            server.send_close(1012, "").await;
            server.expect_close(1012).await;
            server.end().await;
        };
        delays.push(tokio::join!(lost(&mut client), end).0.as_secs());
    }
    assert_eq!(delays, [1, 2, 4, 1, 2]);
}

/// Attempts that fail are reported as connections that end. `Retry-After` prolongs the delay, and a final status is the end.
#[tokio::test(start_paused = true)]
async fn refused() {
    let (mut client, mut servers) = client();
    let mut answer = async |client: &mut Reconnecting<Stream>, status: u16, fields: &[(&str, &str)]| {
        let serve = async {
            let mut stream = servers.recv().await.unwrap();
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let script = Script::new(bowline::Role::Server).expect_request().answer(move |request| {
                let refusal = request.refuse(status, "");
                Err(fields.iter().fold(refusal, |refusal, (name, value)| refusal.header(name, value).unwrap()))
            });
            script.play(&mut stream).await.unwrap();
        };
        tokio::join!(client.recv(), serve).0
    };
    let Ok(Some(Update::Disconnected { error, retry_in })) = answer(&mut client, 503, &[]).await else { panic!() };
    assert!(error.to_string().contains("503"), "{error}");
    assert_eq!(retry_in, Duration::from_secs(1));
    let update = answer(&mut client, 429, &[("Retry-After", "60")]).await;
    assert!(
        matches!(update, Ok(Some(Update::Disconnected { retry_in, .. })) if retry_in.as_secs() == 62),
        "{update:?}"
    );
    let begun = Instant::now();
    let ended = answer(&mut client, 401, &[]).await;
    assert!(matches!(&ended, Err(Error::Handshake { response: Some(response), .. }) if response.status() == 401));
    assert_eq!(begun.elapsed().as_secs(), 62);
    assert!(client.recv().await.unwrap().is_none(), "the error is returned once");
    assert_eq!(client.send("late"), Err(QueueError::Ended));
    assert_eq!(client.closure(), None);
}

/// An end that is not final is an error if the client gives up because of a limit, also if it is a normal end.
#[tokio::test(start_paused = true)]
async fn too_many_normal_ends() {
    let (client, mut servers) = client();
    let mut client = client.policy(policy().max_failures(1));
    let mut server = connect(&mut client, &mut servers).await;
    server.send_close(1001, "").await;
    server.end().await;
    let ended = client.recv().await;
    assert!(matches!(&ended, Err(Error::Closed(closure)) if closure.code() == CloseCode::GOING_AWAY), "{ended:?}");
}

/// The function that connects is told why, and may fail with any error. The policy bounds the attempts.
#[tokio::test(start_paused = true)]
async fn attempts() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let mut client: Reconnecting<Stream> = Reconnecting::new(move |attempt| {
        let last = attempt.last_error().map(ToString::to_string);
        log.lock().unwrap().push((attempt.number(), attempt.failures(), last));
        async move { Err(io::Error::other(format!("no token {}", attempt.number())).into()) }
    })
    .policy(policy().max_failures(3));
    assert_eq!(lost(&mut client).await.as_secs() + lost(&mut client).await.as_secs(), 1 + 2);
    assert!(client.recv().await.unwrap_err().to_string().contains("no token 2"));
    assert!(client.recv().await.unwrap().is_none());
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], (0, 0, None));
    assert_eq!(seen[1], (1, 1, Some("the stream failed: no token 0".into())));
    assert_eq!(seen[2], (2, 2, Some("the stream failed: no token 1".into())));
}

/// The function for each new connection comes before everything that is queued, and knows what was received before.
#[tokio::test(start_paused = true)]
async fn after_connect() {
    let last_seen = Arc::new(AtomicU64::new(0));
    let resume = last_seen.clone();
    let (client, mut servers) = client();
    let mut client = client.queue_limit(1000).after_connect(move |mut socket, response| {
        assert_eq!(response.status(), 101);
        let after = resume.load(Ordering::Relaxed);
        async move {
            socket.send(format!("resume after {after}")).await?;
            match socket.recv().await? {
                Some(answer) if answer.as_text() == Some("welcome") => Ok(socket),
                other => Err(io::Error::other(format!("{other:?}")).into()),
            }
        }
    });
    client.send("queued").unwrap();
    for (after, text) in [(0, "queued"), (7, "queued again")] {
        let serve = async {
            let mut server = accept(&mut servers).await;
            server.expect_text(format!("resume after {after}")).await;
            server.send_text("welcome").await;
            server.expect_text(text).await;
            server.send_close(1012, "").await;
            server
        };
        let follow = async {
            assert!(matches!(update(&mut client).await, Update::Connected(_)));
            assert!(matches!(fate(&mut client).await, (Ok(()), _)));
            last_seen.store(7, Ordering::Relaxed);
            lost(&mut client).await;
        };
        tokio::join!(follow, serve);
        client.send("queued again").unwrap();
    }
    // It fails: the attempt has failed, and the connection is dropped.
    let serve = async {
        let mut server = accept(&mut servers).await;
        server.expect_text("resume after 7").await;
        server.send_text("go away").await;
        server.expect_end().await;
    };
    let (retry_in, ()) = tokio::join!(lost(&mut client), serve);
    assert_eq!(retry_in.as_secs(), 4, "not reset by a connection that was not accepted");
}

/// The old connection is dropped before the next attempt, and the last one when the client is dropped.
#[tokio::test(start_paused = true)]
async fn one_connection_at_a_time() {
    let (mut client, mut servers) = client();
    for _ in 0..3 {
        let mut server = connect(&mut client, &mut servers).await;
        server.send_frame(&bowline_test::Frame::close(1012, "")).await;
        assert!(lost(&mut client).await > Duration::ZERO);
        server.expect_close(1012).await;
        server.expect_end().await;
        assert!(servers.try_recv().is_err());
    }
    let mut server = connect(&mut client, &mut servers).await;
    drop(client);
    server.expect_end().await;
    assert!(servers.recv().await.is_none());
}

/// `recv` is dropped after each poll, on streams that wait before everything they do. Nothing is lost, also no attempt.
#[tokio::test(start_paused = true)]
async fn dropped_at_every_await() {
    let (sender, mut servers) = unbounded_channel();
    let client = Reconnecting::new(move |_| {
        let [mut near, far] = streams(usize::MAX);
        near.set_hesitant(true);
        sender.send(far).unwrap();
        open(near)
    });
    let mut client =
        client.policy(policy().max_failures(3)).queue_limit(1000).after_connect(|mut socket, _| async move {
            socket.send("hello").await?;
            Ok(socket)
        });
    let serve = tokio::spawn(async move {
        for round in 0..3 {
            let mut server = accept(&mut servers).await;
            server.expect_text("hello").await;
            server.expect_text(format!("to {round}")).await;
            server.send_text("from").await;
            server.send_close(1012, "").await;
            server.expect_close(1012).await;
            server.end().await;
        }
    });
    let mut log = Vec::new();
    client.send("to 0").unwrap();
    loop {
        let Some(update) = poll_times(1, client.recv()) else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        match update {
            Ok(Some(Update::Connected(_))) => log.push("connected".to_owned()),
            Ok(Some(Update::Message(message))) => log.push(message.as_text().unwrap().to_owned()),
            Ok(Some(Update::Sent(messages))) => log.push(format!("sent {messages:?}")),
            Ok(Some(Update::Disconnected { .. })) => {
                log.push("lost".to_owned());
                client.send(format!("to {}", log.len() / 4)).unwrap();
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => break assert!(error.to_string().contains("1012"), "{error}"),
        }
    }
    serve.await.unwrap();
    let round =
        |round: u64| ["connected".to_owned(), format!("sent {round}..={round}"), "from".to_owned(), "lost".to_owned()];
    let mut expected: Vec<_> = (0..3).flat_map(round).collect();
    expected.pop();
    assert_eq!(log, expected);
}

/// The same updates as a `Stream`, which ends after an error, in a task of its own.
#[tokio::test(start_paused = true)]
async fn as_a_stream() {
    use futures_util::StreamExt;
    let (client, mut servers) = client();
    let task = tokio::spawn(client.policy(policy().max_failures(1)).collect::<Vec<_>>());
    let mut server = accept(&mut servers).await;
    server.send_text("one").await;
    server.send_close(1012, "").await;
    server.expect_close(1012).await;
    server.end().await;
    let updates = task.await.unwrap();
    let [Ok(Update::Connected(_)), Ok(Update::Message(_)), Err(Error::Closed(closure))] = &updates[..] else {
        panic!("{updates:?}")
    };
    assert_eq!(closure.code(), CloseCode::SERVICE_RESTART);
}

/// A server that restarts, over TCP and with the real clock.
#[tokio::test]
async fn a_server_that_restarts() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let policy = RetryPolicy::default().first_delay(Duration::from_millis(50)).max_delay(Duration::from_millis(50));
    let request = Request::from_uri(&format!("ws://{address}/")).unwrap();
    let mut client = Reconnecting::to(request, Config::default()).policy(policy).queue_limit(1000);
    let server = tokio::spawn(async move {
        for round in 0..3 {
            let (stream, _) = listener.accept().await.unwrap();
            drop(listener); // nobody listens for a moment
            let mut socket =
                ws::accept(stream, &bowline::server::Accept::any_origin(), Config::default()).await.unwrap();
            assert_eq!(socket.recv().await.unwrap(), Some(Message::from(format!("round {round}"))));
            socket.send("welcome").await.unwrap();
            if round == 2 {
                return socket.close(CloseCode::NORMAL, "").await.unwrap();
            }
            drop(socket);
            tokio::time::sleep(Duration::from_millis(100)).await;
            listener = TcpListener::bind(address).await.unwrap();
        }
        panic!("the third round returns");
    });
    let (mut welcomes, mut losses) = (0, 0);
    while let Some(update) = client.recv().await.unwrap() {
        match update {
            Update::Connected(_) => assert_eq!(client.send(format!("round {welcomes}")), Ok(welcomes)),
            Update::Message(_) => welcomes += 1,
            Update::Disconnected { .. } => losses += 1,
            _ => {}
        }
    }
    assert!(welcomes == 3 && losses >= 2, "{welcomes} and {losses}");
    assert!(server.await.unwrap().is_clean());
}
