//! A client that reconnects, over streams in memory and in Tokio's time, whose clock is paused.

use crate::kit::{poll_times, streams, waits};
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
        Arc,
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
type Servers = UnboundedReceiver<Stream>;

fn request() -> Request {
    Request::from_uri("ws://localhost/").unwrap()
}

/// No random part, so that each test knows the delays: a quarter of the maximum.
fn policy() -> RetryPolicy {
    RetryPolicy::default().first_delay(Duration::from_secs(4)).entropy(|| [0x40, 0, 0, 0])
}

async fn open(stream: Stream) -> Result<(WebSocket<Stream>, Response), Error> {
    ws::client_handshake(stream, request(), Config::default()).await
}

/// A client whose attempts connect to streams of a test.
fn client() -> (Reconnecting<Stream>, Servers) {
    client_with_space(usize::MAX)
}

/// The same, with so much space between the client and the server.
fn client_with_space(space: usize) -> (Reconnecting<Stream>, Servers) {
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
async fn update(client: &mut Reconnecting<Stream>) -> Update {
    client.recv().await.unwrap().expect("it has not ended")
}

/// Connects, and returns the server.
async fn connect(client: &mut Reconnecting<Stream>, servers: &mut Servers) -> Peer<Stream> {
    let (update, server) = tokio::join!(update(client), accept(servers));
    assert!(matches!(&update, Update::Connected(response) if response.status() == 101), "{update:?}");
    server
}

/// The next update, which must be that the connection was lost. Returns the time until the next attempt.
async fn lost(client: &mut Reconnecting<Stream>) -> Duration {
    match update(client).await {
        Update::Disconnected { retry_in, .. } => retry_in,
        other => panic!("{other:?}"),
    }
}

/// The next update, which must be about messages: whether they were sent, and which.
async fn fate(client: &mut Reconnecting<Stream>) -> (Result<(), Unsent>, std::ops::RangeInclusive<u64>) {
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

/// The function that connects is told why, and may fail with any error. The policy bounds the attempts.
#[tokio::test(start_paused = true)]
async fn attempts() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
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

/// Without a connection, messages are refused by default.
#[tokio::test(start_paused = true)]
async fn refused_while_disconnected() {
    let (mut client, mut servers) = client();
    assert_eq!(client.send("early"), Err(QueueError::Disconnected));
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(client.send("now"), Ok(0), "a message that was refused has no number");
    assert_eq!(client.send(Message::text_chunk("now", true)), Err(QueueError::Chunk));
    let (sent, ()) = tokio::join!(fate(&mut client), server.expect_text("now"));
    assert_eq!(sent, (Ok(()), 0..=0));
    server.send_close(1001, "").await;
    assert!(matches!(client.socket().unwrap().next_event().await, Ok(Some(bowline::Event::Close(_)))));
    assert_eq!(client.send("closing"), Err(QueueError::Disconnected));
    lost(&mut client).await;
    assert_eq!(client.send("late"), Err(QueueError::Disconnected));
    assert!(client.socket().is_none());
}

/// Messages are queued up to the bound, which counts 64 bytes for each, and are sent in order.
#[tokio::test(start_paused = true)]
async fn queued_while_disconnected() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(200);
    assert_eq!((client.send("one"), client.send("two"), client.queued()), (Ok(0), Ok(1), 2 * 67));
    assert_eq!(client.send("three"), Err(QueueError::Full { message: 69, queued: 134, limit: 200 }));
    assert_eq!((client.send("3"), client.queued()), (Ok(2), 199));
    let mut server = connect(&mut client, &mut servers).await;
    let serve = async {
        for text in ["one", "two", "3"] {
            server.expect_text(text).await;
        }
    };
    let (sent, ()) = tokio::join!(fate(&mut client), serve);
    assert_eq!((sent, client.queued()), ((Ok(()), 0..=2), 0));
}

/// With `drop_oldest`, new messages replace the oldest, whose fate is reported once for all of them.
#[tokio::test(start_paused = true)]
async fn the_oldest_is_dropped() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(200).drop_oldest();
    for number in 0..1000 {
        assert_eq!(client.send("12"), Ok(number));
    }
    let too_large = client.send(vec![0; 200]);
    assert_eq!(too_large, Err(QueueError::Full { message: 264, queued: 198, limit: 200 }));
    assert_eq!(fate(&mut client).await, (Err(Unsent::Dropped), 0..=996));
    let mut server = connect(&mut client, &mut servers).await;
    let serve = async {
        for _ in 0..3 {
            server.expect_text("12").await;
        }
    };
    assert_eq!(tokio::join!(fate(&mut client), serve).0, (Ok(()), 997..=999));
}

/// A message that was being written when the connection broke is reported, and not repeated. Those behind it are sent on the next
/// connection.
#[tokio::test(start_paused = true)]
async fn interrupted() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(client.send("whole"), Ok(0));
    assert_eq!(tokio::join!(fate(&mut client), server.expect_text("whole")).0, (Ok(()), 0..=0));
    let large = vec![7; 70_000];
    assert_eq!(client.send(large), Ok(1));
    assert_eq!((client.send("behind it"), client.queued()), (Ok(2), 73));
    assert!(waits(client.recv()));
    server.reset();
    assert_eq!(fate(&mut client).await, (Err(Unsent::Interrupted), 1..=1));
    assert!(client.closure().unwrap().unsent() > 60_000);
    lost(&mut client).await;
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(tokio::join!(fate(&mut client), server.expect_text("behind it")).0, (Ok(()), 2..=2));
}

/// A message that was written before the connection broke counts as sent, although that was not yet reported.
#[tokio::test(start_paused = true)]
async fn written_in_time() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    client.send("in time").unwrap();
    client.socket().unwrap().flush().await.unwrap();
    server.expect_text("in time").await;
    server.reset();
    assert_eq!(fate(&mut client).await, (Ok(()), 0..=0));
    lost(&mut client).await;
}

/// Much more than a slow connection accepts at once: each message arrives once and in order, and its fate is reported once.
#[tokio::test(start_paused = true)]
async fn more_than_fits() {
    let (client, mut servers) = client_with_space(3000);
    let mut client = client.queue_limit(10_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    for number in 0..500_u64 {
        assert_eq!(client.send(vec![number as u8; 1000]), Ok(number));
    }
    assert!(client.queued() > 400 * 1064, "the connection gets 64 KiB at most: {}", client.queued());
    let mut next = 0;
    let follow = async {
        while next < 500 {
            let (fate, messages) = fate(&mut client).await;
            assert_eq!((fate, *messages.start()), (Ok(()), next));
            next = messages.end() + 1;
        }
    };
    let serve = async {
        for number in 0..500_u64 {
            server.expect_binary(vec![number as u8; 1000]).await;
        }
    };
    tokio::join!(follow, serve);
    assert_eq!(client.queued(), 0);
}

/// A message that no connection accepts is refused at once, or reported if it had to wait.
#[tokio::test(start_paused = true)]
async fn too_large() {
    let (sender, mut servers) = unbounded_channel();
    let client = Reconnecting::new(move |_| {
        let [near, far] = streams(usize::MAX);
        sender.send(far).unwrap();
        let config = Config::default().with(|config| config.limits.output = 100);
        ws::client_handshake(near, request(), config)
    });
    let mut client = client.policy(policy()).queue_limit(10_000);
    client.send(vec![0; 200]).unwrap();
    client.send("small").unwrap();
    let mut server = connect(&mut client, &mut servers).await;
    let (rejected, messages) = tokio::join!(fate(&mut client), server.expect_text("small")).0;
    assert!(matches!(rejected, Err(Unsent::Rejected(bowline::SendError::Full { limit: 100, .. }))), "{rejected:?}");
    assert_eq!(messages, 0..=0);
    assert_eq!(fate(&mut client).await, (Ok(()), 1..=1));
    assert!(matches!(client.send(vec![0; 200]), Err(QueueError::Rejected(_))));
    assert_eq!(client.send("small"), Ok(2));
}

/// If the client gives up, the fate of queued messages is reported before its error.
#[tokio::test(start_paused = true)]
async fn given_up() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(1000);
    let mut server = connect(&mut client, &mut servers).await;
    server.send_close(1008, "").await;
    assert!(matches!(client.socket().unwrap().next_event().await, Ok(Some(bowline::Event::Close(_)))));
    client.send("one").unwrap();
    client.send("two").unwrap();
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 0..=1));
    let Err(Error::Closed(closure)) = client.recv().await else { panic!() };
    assert_eq!(closure.code(), CloseCode::POLICY_VIOLATION);
    assert!(client.recv().await.unwrap().is_none());
}

/// `close` writes what is queued, makes the closing handshake, and ends the client.
#[tokio::test(start_paused = true)]
async fn close() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    for _ in 0..3 {
        client.send(vec![7; 50_000]).unwrap();
    }
    assert!(matches!(client.close(1006.into(), "").await, Err(Error::Close(_))));
    let serve = async {
        server.send_text("discarded").await;
        for _ in 0..3 {
            server.expect_binary(vec![7; 50_000]).await;
        }
        server.expect_close(1001).await;
        server.end().await;
    };
    let (closed, ()) = tokio::join!(client.close(CloseCode::GOING_AWAY, "that was all"), serve);
    assert!(closed.unwrap().unwrap().is_clean());
    assert_eq!(fate(&mut client).await, (Ok(()), 0..=2));
    assert!(client.recv().await.unwrap().is_none());
    assert!(servers.try_recv().is_err(), "no further attempt");
}

/// `close` without a connection ends the client, and gives up what is queued.
#[tokio::test(start_paused = true)]
async fn close_without_a_connection() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(1000);
    client.send("one").unwrap();
    assert!(waits(client.recv()), "it connects");
    let mut server = Peer::new(servers.recv().await.unwrap(), bowline::Role::Server);
    assert_eq!(client.close(CloseCode::NORMAL, "").await.unwrap(), None);
    server.ignore_until_end().await;
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 0..=0));
    assert!(client.recv().await.unwrap().is_none());
    assert_eq!(client.send("two"), Err(QueueError::Ended));
}

/// A `close` that was dropped after its Close frame is not undone: `recv` returns the end, whatever the policy says about the code.
#[tokio::test(start_paused = true)]
async fn close_that_was_dropped() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    assert!(waits(client.close(CloseCode::GOING_AWAY, "")));
    assert_eq!(client.send("late"), Err(QueueError::Ended));
    let serve = async {
        server.expect_close(1001).await;
        server.end().await;
    };
    let (ended, ()) = tokio::join!(client.recv(), serve);
    assert!(ended.unwrap().is_none());
}

/// A connection that breaks while `close` writes what is queued: the client has ended all the same.
#[tokio::test(start_paused = true)]
async fn close_of_a_broken_connection() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let server = connect(&mut client, &mut servers).await;
    client.send(vec![7; 70_000]).unwrap();
    client.send("behind it").unwrap();
    assert!(waits(client.close(CloseCode::NORMAL, "")));
    server.reset();
    let closure = client.close(CloseCode::NORMAL, "").await.unwrap().unwrap();
    assert_eq!(closure.cause(), Cause::Transport);
    assert_eq!(fate(&mut client).await, (Err(Unsent::Interrupted), 0..=0));
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 1..=1));
    assert!(client.recv().await.unwrap().is_none());
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
